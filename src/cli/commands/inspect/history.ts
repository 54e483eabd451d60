import type { Command } from 'commander';
import { MlregError } from '../../../core/errors.ts';
import { parseStageName, parseModelName } from '../../../core/versions/reference.ts';
import type { HistoryInput, HistoryResult } from '../../../registry/inspect/history.ts';
import type { Act } from '../../command-module.ts';
import { type CommandHelp, registryCodes } from '../../help/command-help.ts';
import { notTogether, parseCount } from '../../options/options.ts';
import { noteIfCut } from '../../output/output.ts';
import { parseTime } from '../../options/parse-time.ts';

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
    .argument('[name]', 'model name (default: all models)')
    .summary('show who changed what, when and why')
    .description(
      'Lists the events of a model or of the registry, newest first; or, with --at, which versions held the stages at a time.',
    )
    .option('--stage <stage>', 'only this stage')
    .option(
      '--at <time>',
      'holders of the stages at this time: 2026-03-01T12:00Z, 2026-03-01 (00:00 UTC), 2d for two days ago, or now',
    )
    .option('--limit <n>', 'maximum number of events (default 50)', parseCount('--limit', 1, 100_000))
    .option('--gates', 'show the gate results of promotions, including blocked ones')
    .option('--page <token>', 'nextPage of the previous page')
    .option('--checkpoint', 'print the head of the event chain instead, for mlreg verify --checkpoint')
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
              import('../../../api/verbs/inspect/history.ts'),
              import('../../../render/maintain/checkpoint-view.ts'),
            ]);
            await session.withRegistry(async (registry) =>
              session.output.show('history', checkpointView, await checkpoint(registry)),
            );
            return;
          }

          if (at !== undefined && gates === true) {
            throw notTogether('--at', '--gates');
          }
          const input = {
            limit: limit ?? 50,
            ...(page === undefined ? {} : { page }),
            ...(gates === true ? { actions: ['promote', 'blocked'] as const } : {}),
            ...(text === undefined ? {} : { name: parseModelName(text) }),
            ...(stage === undefined ? {} : { stage: parseStageName(stage) }),
            ...(at === undefined ? {} : { at: parseTime(at, session.now()) }),
          };
          const [{ history }, { emptyStages, historyView }] = await Promise.all([
            import('../../../api/verbs/inspect/history.ts'),
            import('../../../render/inspect/history-view.ts'),
          ]);
          const view =
            gates === true
              ? (await import('../../../render/stages/history-gates-view.ts')).historyGatesView
              : historyView;
          await session.withRegistry(async (registry) => {
            const result = await history(registry, input);
            const nobody = nobodyHeld(result, page);
            const quiet = session.form === 'quiet';
            const shown = (result.holders ?? result.events).length;
            // A terminal has this sentence as its result; the row of a demoted stage tells it, too.
            const untold = nobody && shown === 0 && !quiet && session.form !== 'table';
            const warnings = untold ? [emptyStages(result)] : [];
            const notes = noteIfCut(limit, shown, result.nextPage);
            await session.output.show('history', view, result, { warnings, notes });
            if (nobody && quiet) session.fail(emptyThen(result, input));
          });
        },
      ),
    );
}

/**
 * Whether it is certain that no version held a stage at the time: a page may hold only the rest.
 */
function nobodyHeld({ holders, nextPage }: HistoryResult, page: string | undefined): boolean {
  if (holders === undefined || page !== undefined || nextPage !== null) return false;
  return holders.every(({ version }) => version === null);
}

/** For a script that reads the holder from --quiet, nothing is no answer. */
function emptyThen(result: HistoryResult, { name, stage }: HistoryInput): MlregError {
  const what = `${stage ?? 'any stage'}${name === undefined ? '' : ` of ${name}`}`;
  const filter = `${name === undefined ? '' : ` ${name}`}${stage === undefined ? '' : ` --stage ${stage}`}`;
  return new MlregError('NOT_FOUND', `no version held ${what} at ${timeOf(result)}`, {
    hint: `see the moves: mlreg history${filter}`,
    details: { at: timeOf(result) },
  });
}

function timeOf({ at = 0 }: HistoryResult): string {
  return new Date(at).toISOString();
}

function refuseOthers(given: Record<string, unknown>): void {
  const other = Object.keys(given).find((name) => given[name] !== undefined);
  if (other === undefined) return;
  const what = other === 'name' ? 'a model' : other;
  throw new MlregError(
    'USAGE',
    `a checkpoint covers the whole registry: --checkpoint and ${what} cannot be used together`,
    {
      hint: 'mlreg history --checkpoint',
    },
  );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['Events of a model:', 'mlreg history digits'],
      ['Gate results of promotions to production:', 'mlreg history digits --stage production --gates'],
      [
        'The version in production at a time:',
        'mlreg history digits --stage production --at 2026-03-01T12:00Z',
      ],
      [
        'The head of the chain, to store outside the registry, for example in git:',
        'mlreg history --checkpoint',
      ],
    ],
    output:
      'Without --json, --checkpoint prints the checkpoint alone. --quiet prints the hashes of the events.',
    exitCodes: {
      2: 'wrong flags, or a time in the future',
      3: 'no such registry, model or stage; with --at and --quiet also: no version held the stage',
      ...registryCodes,
    },
    seeAlso: ['show', 'rollback', 'verify'],
  };
}
