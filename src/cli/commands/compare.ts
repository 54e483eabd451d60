import type { Command } from 'commander';
import { parseReference } from '../../core/reference.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { markdownOption } from '../options.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('compare')
    .argument('<refs...>', 'the versions: digits@production digits … (mlreg help references)')
    .summary('compare versions: metrics, signature, params, data, files, latency')
    .description(
      `Compares versions, two to 10, of one model or of several; the first is what the others are compared with. Metrics ` +
        'are called better or worse where their name tells the direction, latencies only where they were measured alike.',
    )
    .option('--all', 'show what is equal, too')
    .addOption(markdownOption())
    .action(
      act(async (session, texts: string[], options: { all?: boolean }) => {
        const [{ compare, requireSeveral }, { compareView }] = await Promise.all([
          import('../../registry/compare.ts'),
          import('../../render/compare-view.ts'),
        ]);
        requireSeveral(texts);
        const references = texts.map(parseReference);
        await session.withRegistry(async (registry) => {
          const view = compareView({ all: options.all === true });
          await session.output.show('compare', view, await compare(registry, references));
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['What would change in production:', 'mlreg compare digits@production digits'],
      ['For a comment on a pull request:', 'mlreg compare digits@1.0.0 digits@1.1.0 --markdown > comment.md'],
      [
        'Three versions, also where they are equal:',
        'mlreg compare digits@1.0.0 digits@1.0.1 digits@1.1.0 --all',
      ],
    ],
    output:
      'JSON: versions[]; metrics[] {name, direction, values[], delta, relative, better}; params[] {name, values[], same}; tags[]; data[] {name, hashes[], same}; signature {compatible, changes[]}; size; graph; files {same, changes[]}; benches {comparable, reason, runs[], figures[]}. Lists stand in the order of versions[], with null for what a version lacks. delta, relative, better and signature are of the last version against the first; with more than two, deltas[] and signatures[] have every version after the first. A pipe gets a row for each thing compared. --quiet prints the references.',
    exitCodes: {
      2: 'fewer than 2 references or more than 10',
      3: 'no such registry, model or version',
      ...registryCodes,
    },
    seeAlso: ['show', 'list', 'bench', 'references'],
  };
}
