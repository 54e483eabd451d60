import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { parseModelName } from '../../core/model-name.ts';
import { parseStageName } from '../../core/stage.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { parseTime } from '../parse-time.ts';
import { noteIfCut } from '../note-if-cut.ts';
import { parseCount } from '../options.ts';

interface Options {
  stage?: string;
  at?: string;
  limit?: number;
  page?: string;
  checkpoint?: boolean;
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
      'who held the stages then: 2026-03-01T12:00Z, 2026-03-01 (as that day began, at 00:00 UTC), or 2d for two days ago',
    )
    .option('--limit <n>', 'how many (default 50)', parseCount('--limit', 1, 100_000))
    .option('--gates', 'what the gates of promotions found, those that were blocked included')
    .option('--page <token>', 'continue: the nextPage of the one before')
    .option(
      '--checkpoint',
      'print the head of the event chain instead, to be saved for mlreg verify --checkpoint',
    )
    .action(
      act(
        async (
          session,
          text: string | undefined,
          { stage, at, limit, page, gates, checkpoint: head }: Options,
        ) => {
          if (head === true) {
            refuseOthers({
              name: text,
              '--stage': stage,
              '--at': at,
              '--page': page,
              '--limit': limit,
              '--gates': gates,
            });
            const [{ checkpoint }, { checkpointView }] = await Promise.all([
              import('../../registry/history.ts'),
              import('../../render/checkpoint-view.ts'),
            ]);
            await session.withRegistry(async (registry) =>
              session.output.show('history', checkpointView, await checkpoint(registry)),
            );
            return;
          }

          if (at !== undefined && gates === true) {
            throw new MlregError(
              'USAGE',
              '--at says who held the stages, --gates what was judged: they exclude each other',
              {
                hint: 'leave one of them out',
              },
            );
          }
          const input = {
            limit: limit ?? 50,
            ...(page === undefined ? {} : { page }),
            ...(gates === true ? { actions: ['promote', 'blocked'] as const } : {}),
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
            const warnings = nobody
              ? [`no stage pointed at any version then, at ${new Date(result.at ?? 0).toISOString()}`]
              : [];
            const shown = (result.holders ?? result.events).length;
            const notes = noteIfCut(limit, shown, result.nextPage);
            await session.output.show('history', view, result, { warnings, notes });
          });
        },
      ),
    );
}

function refuseOthers(given: Record<string, unknown>): void {
  const other = Object.keys(given).find((name) => given[name] !== undefined);
  if (other === undefined) return;
  const what = other === 'name' ? 'a model' : other;
  throw new MlregError(
    'USAGE',
    `a checkpoint is of the whole registry: --checkpoint and ${what} exclude each other`,
    {
      hint: 'mlreg history --checkpoint',
    },
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
      [
        'The head of the chain, to be kept where nobody changes it, such as in git:',
        'mlreg history --checkpoint',
      ],
    ],
    output:
      'JSON: events[] {seq, at, actor, action, model, version, stage, from, to, message, hash, prevHash, with --gates gates[]}; with --at: holders[] {name, stage, version, since}; nextPage (null at the end); checkpoint {registry, seq, hash} (with --checkpoint). Without --json, --checkpoint prints that object alone.',
    exitCodes: {
      2: 'wrong flags, or a time that has not come',
      3: 'no such registry, model or stage',
      ...registryCodes,
    },
    seeAlso: ['show', 'rollback', 'verify'],
  };
}
