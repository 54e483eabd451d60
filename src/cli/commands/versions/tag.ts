import type { Command } from 'commander';
import { MlregError } from '../../../core/errors.ts';
import { parseExplicitReference } from '../../../core/versions/reference.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { collect, collectPair, pairsToRecord, type Pair } from '../../options/options.ts';

interface Options {
  remove?: string[];
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('tag')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@staging (see mlreg help references)')
    .argument('[name=value...]', 'tags to set')
    .summary('set or remove tags of a version')
    .description(
      'Sets or removes tags of a version. Tags are key=value strings to search by; the metadata keeps the original tags.',
    )
    .option('--remove <key>', 'remove this tag (repeatable)', collect)
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, text: string, given: string[], { remove, message }: Options) => {
        const ref = parseExplicitReference(text);
        const collectTag = collectPair('the tag', 'mlreg tag REF team=vision');
        const pairs = given.reduce<Pair[]>((before, one) => collectTag(one, before), []);
        const set = pairsToRecord(pairs, (value) => value);
        const [{ tag }, { tagView }] = await Promise.all([
          import('../../../api/verbs/versions/tag.ts'),
          import('../../../render/versions/tag-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await tag(registry, {
            ref,
            set,
            remove: (remove ?? []).map((key) => namedTag(key)),
            ...(message === undefined ? {} : { message }),
          });
          const { changed, warnings } = result;
          await session.output.show('tag', tagView, result, { changed, warnings });
        });
      }),
    );
}

function namedTag(key: string): string {
  if (key !== '') return key;
  throw new MlregError('USAGE', '--remove is empty', {
    hint: 'pass a tag name: --remove NAME (is a shell variable unset?)',
  });
}

export function help(): CommandHelp {
  return {
    examples: [
      ['Set two tags and remove one:', 'mlreg tag digits@1.1.0 reviewed=yes owner=ada --remove draft'],
    ],
    output: '--quiet prints the reference.',
    exitCodes: { 0: 'done, or nothing to do', 3: 'no such registry, model or version', ...registryCodes },
    seeAlso: ['describe', 'list', 'show', 'references'],
  };
}
