import type { Command } from 'commander';
import { resolve } from 'node:path';
import { MlregError } from '../../../core/errors.ts';
import { parseReference } from '../../../core/versions/reference.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { namedPath, standardOutput } from '../../options/options.ts';
import { writeText } from '../../output/write-text.ts';

interface Options {
  output?: string;
  force?: boolean;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('card')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@production (see mlreg help references)')
    .summary('write a model card in Markdown')
    .description(
      'Writes a model card of a version: description, metrics, latencies, inputs and outputs, data, parameters, lineage, files. ' +
        'The output is always Markdown.',
    )
    .option('-o, --output <file>', 'file to write (default, and -: stdout)', (text) =>
      namedPath('--output', text),
    )
    .option('--force', 'with -o: replace the file if it exists')
    .action(
      act(async (session, text: string, { output, force }: Options) => {
        const ref = parseReference(text);
        if (force === true && output === undefined)
          throw new MlregError('USAGE', '--force requires -o FILE', {
            hint: 'add -o FILE, or omit --force',
          });
        const [{ show }, { cardView }, { cardMarkdown }] = await Promise.all([
          import('../../../api/verbs/inspect/card.ts'),
          import('../../../render/inspect/card-view.ts'),
          import('../../../render/inspect/card-markdown.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const version = await show(registry, ref);
          const isPrinted = output === undefined || output === standardOutput;
          const file = isPrinted ? null : resolve(session.cwd, output);
          if (file !== null)
            await writeText(registry, file, `${cardMarkdown(version)}\n`, {
              flag: '-o',
              replace: force === true,
            });
          await session.output.show('card', cardView, { version, file, asked: output === standardOutput });
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['The card of the version in production:', 'mlreg card digits@production'],
      ['Write it to a file:', 'mlreg card digits@1.1.0 -o MODEL_CARD.md --force'],
    ],
    output: '--quiet prints the file, or the reference; with -o - the card.',
    exitCodes: {
      2: '--force without -o, or a malformed reference',
      3: 'no such registry or version, or no folder to write to',
      4: 'the file exists: see --force',
      ...registryCodes,
    },
    seeAlso: ['show', 'compare', 'lineage'],
  };
}
