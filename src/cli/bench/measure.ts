import { resolve } from 'node:path';
import { parseReference } from '../../core/versions/reference.ts';
import type { Session } from '../context.ts';
import { startProgress } from '../output/progress.ts';
import { optional, readPlan, type PlanOptions } from './plan-options.ts';
import { readServer } from './server-options.ts';

const phases = {
  start: 'loading',
  warmup: 'warming up',
  timed: 'measuring',
  done: 'measured',
  profile: 'profiling operators',
} as const;

/** Measures a version, shows the result, and exits with its verdict. */
export async function measure(session: Session, text: string, options: PlanOptions): Promise<void> {
  const ref = parseReference(text);
  const baseline = optional(options.baseline, parseReference);
  const plan = await readPlan(options);
  const server = await readServer(session, options);
  const [{ benchVersion, benchFailure }, { benchView }] = await Promise.all([
    import('../../api/verbs/run/bench.ts'),
    import('../../render/bench/bench-view.ts'),
  ]);
  const progress = startProgress(session, 'percent');
  await session.withRegistry(async (registry) => {
    try {
      const result = await benchVersion(registry, {
        ref,
        baseline,
        inputFile: optional(options.input, (path) => resolve(session.cwd, path)),
        plan,
        server,
        onProgress: ({ phase, launch, fraction }) =>
          progress.update({
            done: Math.floor(100 * fraction),
            total: 100,
            what: `${phases[phase]} (launch ${launch} of ${plan.launches})`,
          }),
      });
      progress.stop();
      await session.output.show('bench', benchView, result, {
        changed: result.id !== null,
        warnings: result.warnings,
      });
      const problem = benchFailure(result);
      if (problem !== undefined) session.fail(problem);
    } finally {
      progress.stop();
    }
  });
}
