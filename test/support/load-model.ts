import { planBench, type BenchOptions } from '../../src/bench/plan/plan.ts';
import type { BenchMeasurement } from '../../src/bench/report/result.ts';
import type { BenchInput } from '../../src/bench/run/run-launches.ts';
import { runLoad } from '../../src/bench/run/run-load.ts';
import type { LoadJob } from '../../src/bench/child/load-job.ts';
import { fixtureModel, signatureOf } from './bench-model.ts';

/** Measures a model under a load as the command would, by default one launch of 20 runs. */
export function loadModel(
  file: string,
  options: BenchOptions,
  rest: Pick<BenchInput, 'signal' | 'onProgress'> = {},
): Promise<BenchMeasurement> {
  const plan = planBench({ launches: 1, iterations: 20, warmup: 3, threads: 1, ...options });
  return runLoad({ modelFile: file, signature: signatureOf(file), plan, ...rest });
}

/** A load of the digits model, as the child gets it. */
export function digitsLoad(given: Pick<LoadJob, 'pace' | 'workers'>): LoadJob {
  return {
    modelFile: fixtureModel('digits_mlp_v2'),
    session: { intraOpThreads: 1, interOpThreads: 1, extra: {} },
    feeds: [{ name: 'X', dtype: 'float32', shape: [64, 64], fill: { kind: 'ones' }, seed: 1 }],
    fetches: ['label'],
    warmup: 3,
    ...given,
  };
}
