/**
 * The least that times a model: no more than onnxruntime-node and a clock. argv is a file of JSON,
 * `BareLoop`; prints JSON, `BareTimes`. Runs in a process of its own, started by harness.ts.
 */
import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';

export interface BareLoop {
  modelFile: string;
  input: { name: string; shape: number[]; data: number[] };
  outputs: string[];
  threads: number;
  warmup: number;
  runs: number;
}

export interface BareTimes {
  /**
   * Milliseconds: the median run by its own clock, and the whole loop by the wall without one, per
   * run.
   */
  medianMs: number;
  wallMs: number;
}

const { modelFile, input, outputs, threads, warmup, runs } = JSON.parse(
  readFileSync(process.argv[2] ?? '', 'utf8'),
) as BareLoop;
const session = await InferenceSession.create(modelFile, {
  executionProviders: ['cpu'],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
});
const feeds = { [input.name]: new Tensor('float32', Float32Array.from(input.data), input.shape) };
for (let run = 0; run < warmup; run++) await session.run(feeds, outputs);

const half = Math.ceil(runs / 2);
const times: number[] = [];
for (let run = 0; run < half; run++) {
  const start = process.hrtime.bigint();
  await session.run(feeds, outputs);
  times.push(Number(process.hrtime.bigint() - start) / 1e6);
}
const began = performance.now();
for (let run = 0; run < half; run++) await session.run(feeds, outputs);
const wallMs = (performance.now() - began) / half;
const medianMs = times.toSorted((a, b) => a - b)[half >> 1] ?? Number.NaN;
console.log(JSON.stringify({ medianMs, wallMs } satisfies BareTimes));
