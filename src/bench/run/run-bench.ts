import { benchJob } from '../child/bench-job.ts';
import { shareOf } from '../plan/plan.ts';
import { reportBench } from '../report/report-bench.ts';
import type { BenchMeasurement } from '../report/result.ts';
import { readCounters } from '../../machine/environment.ts';
import { toGoldenFiles } from './model-to-time.ts';
import { type BenchInput, prepare, runLaunches } from './run-launches.ts';

/**
 * Measures the latency of one model on this machine, in the planned number of child processes, one
 * after another. Each checks the model against its golden set, if there is one, before and after
 * timing. A model that crashes, hangs, takes too much memory or is refused gives a result with that
 * status. Rejects INVALID_INPUT if the inputs cannot be made as requested, NOT_FOUND without ONNX
 * Runtime, INTERRUPTED when aborted.
 */
export async function runBench(input: BenchInput): Promise<BenchMeasurement> {
  const prepared = prepare(input);
  const { plan, inputs, outputs, session, deadline } = prepared;
  const model = { modelFile: input.modelFile, feeds: inputs.feeds, fetches: outputs.fetched };
  const before = readCounters();
  const profiling = plan.profile ? await import('./run-profile.ts') : null;
  const told = profiling?.leaveRoomForProfile(input) ?? input;
  const launched = await runLaunches(benchJob, told, prepared, (launch) => {
    const minMs = plan.durationMs / plan.launches;
    const minRuns = shareOf(plan.minRuns, plan.launches, launch);
    return {
      job: {
        ...model,
        session,
        golden: toGoldenFiles(input, plan),
        warmup: plan.warmup,
        minMs,
        minRuns,
        maxRuns: shareOf(plan.maxRuns, plan.launches, launch),
      },
      shareDone: (runs, timedMs) => Math.min(runs / minRuns, minMs > 0 ? timedMs / minMs : 1),
      runsOf: ({ samples }) => samples.length,
      leastRuns: minRuns,
    };
  });
  const golden = input.golden ?? [];
  const facts = { plan, inputs, outputs, session, golden, before, after: readCounters() };
  const { report, ...measured } = reportBench({ ...facts, ...launched });
  const about = { ...input, plan, model, session, deadline };
  return { ...measured, report: (await profiling?.addProfile(report, about)) ?? report };
}
