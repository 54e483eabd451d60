import type { Command } from 'commander';
import { parseModelName } from '../../core/model-name.ts';
import { parseStageName } from '../../core/stage.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { parseTime } from '../parse-time.ts';
import { parseCount } from '../options.ts';

interface Options {
  stage?: string;
  at?: string;
  limit: number;
  page?: string;
  gates?: boolean;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('history')
    .argument('[name]', 'the model; without one, the whole registry')
    .summary('show who changed what, when and why')
    .description(
      'Lists the events of a model, or of the registry, newest first; or who held the stages at a time.',
    )
    .option('--stage <stage>', 'only this stage')
    .option(
      '--at <time>',
      'who held the stages then: 2026-03-01T12:00Z, 2026-03-01 (both UTC), or 2d for two days ago',
    )
    .option('--limit <n>', 'how many', parseCount('--limit', 1, 100_000), 50)
    .option('--gates', 'what the gates of promotions found, those that were blocked included')
    .option('--page <token>', 'continue: the nextPage of the one before')
    .action(
      act(async (session, text: string | undefined, { stage, at, limit, page, gates }: Options) => {
        const input = {
          limit,
          ...(page === undefined ? {} : { page }),
          ...(text === undefined ? {} : { name: parseModelName(text) }),
          ...(stage === undefined ? {} : { stage: parseStageName(stage) }),
          ...(at === undefined ? {} : { at: parseTime(at, session.now()) }),
        };
        const [{ history }, view] = await Promise.all([
          import('../../registry/history.ts'),
          gates === true
            ? import('../../render/history-gates-view.ts').then(({ historyGatesView }) => historyGatesView)
            : import('../../render/history-view.ts').then(({ historyView }) => historyView),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await history(registry, input);
          const nobody = result.holders?.every(({ version }) => version === null) === true;
          const warnings = nobody ? ['no stage pointed at any version then'] : [];
          await session.output.show('history', view, result, { warnings });
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['What happened to a model:', 'mlreg history digits'],
      ['Why was a version let into production?', 'mlreg history digits --stage production --gates'],
      [
        'Which version was in production at that time:',
        'mlreg history digits --stage production --at 2026-03-01T12:00Z',
      ],
    ],
    output:
      'JSON: events[] {seq, at, actor, action, model, version, stage, from, to, message, hash, prevHash, with --gates gates[]}; with --at: holders[] {name, stage, version, since}; nextPage (null at the end).',
    exitCodes: { 3: 'no such registry, model or stage', ...registryCodes },
    seeAlso: ['show', 'rollback', 'verify'],
  };
}
