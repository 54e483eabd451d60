import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { parseReference } from '../../core/versions/reference.ts';
import type { Session } from '../context.ts';
import { markdownOption, parseCount } from '../options/options.ts';
import { noteIfCut } from '../output/output.ts';
import { type PlanOptions, optional } from './plan-options.ts';

/** The options for stored runs as given on the command line. */
export interface StoredOptions {
  list?: boolean;
  show?: string;
  recheck?: string;
  limit?: number;
  page?: string;
}

const page = 50;

export function addStoredOptions(command: Command): Command {
  return command
    .option('--list', 'list stored runs, newest first, of all models or of REF')
    .option(
      '--limit <n>',
      `with --list: maximum number of runs (default ${page})`,
      parseCount('--limit', 1, 10_000),
    )
    .option('--page <token>', 'with --list: nextPage of the previous page')
    .option('--show <id>', 'show a stored run with its verdicts (id, or its first digits, at least four)')
    .option('--recheck <id>', 'check a stored run against other limits, without measuring')
    .addOption(markdownOption());
}

/** The stored runs of all models, or of those that match the reference. */
export async function listStored(
  session: Session,
  text: string | undefined,
  { limit, page: token }: StoredOptions,
): Promise<void> {
  const ref = optional(text, parseReference);
  const [{ listBenches }, { benchListView }] = await Promise.all([
    import('../../api/verbs/run/bench.ts'),
    import('../../render/bench/bench-list-view.ts'),
  ]);
  await session.withRegistry(async (registry) => {
    const result = await listBenches(registry, { ref, limit: limit ?? page, page: token });
    const notes = noteIfCut(limit, result.benches.length, result.nextPage);
    await session.output.show('bench', benchListView, result, { changed: false, notes });
  });
}

/** Shows a stored run. It exits with 0 whatever the verdict was. */
export async function showStored(session: Session, { show = '' }: StoredOptions): Promise<void> {
  const [{ storedBench }, { benchView }] = await Promise.all([
    import('../../api/verbs/run/bench.ts'),
    import('../../render/bench/bench-view.ts'),
  ]);
  await session.withRegistry(async (registry) => {
    await session.output.show('bench', benchView, await storedBench(registry, show), { changed: false });
  });
}

/**
 * Checks a stored run against other thresholds and exits with the verdict, as a measurement does.
 */
export async function recheckStored(
  session: Session,
  { recheck = '' }: StoredOptions,
  { maxRegression, stat, ...limits }: PlanOptions,
): Promise<void> {
  if (stat !== undefined && maxRegression === undefined) {
    throw new MlregError('USAGE', '--stat requires --max-regression', {
      hint: `mlreg bench --recheck ${recheck} --max-regression 5% --stat ${stat}`,
    });
  }
  const [{ benchFailure, readLimits, recheckBench }, { benchView }] = await Promise.all([
    import('../../api/verbs/run/bench.ts'),
    import('../../render/bench/bench-view.ts'),
  ]);
  await session.withRegistry(async (registry) => {
    const result = await recheckBench(registry, {
      id: recheck,
      maxMs: readLimits(limits),
      maxRegression,
      statistic: stat,
    });
    await session.output.show('bench', benchView, result, { changed: false });
    const problem = benchFailure(result);
    if (problem !== undefined) session.fail(problem);
  });
}
