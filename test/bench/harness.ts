/**
 * `npm run bench:harness`: what the bench adds to what it measures. A model is timed by `mlreg
 * bench` and by a bare loop over onnxruntime-node, each in a process of its own, with the same
 * input, threads and number of runs, in turn, so that a machine whose speed drifts treats both
 * alike; differences and ratios are taken pair by pair. At most 10 µs more per run, of the median
 * as well as of the wall time, which for the bench includes its clock and its keeping of samples,
 * and for the bare loop no clock at all; and medians within 3%. Exit 0: all holds with 95%
 * confidence, 1: something does not, 2: too few pairs, or too restless a machine, to say.
 *
 *     npm run bench:harness -- --pairs 40 --ms 400
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { quantileRanks } from '../../src/stats/quantiles.ts';
import type { BenchReport } from '../../src/bench/report/result.ts';
import { materialiseFeed } from '../../src/onnx/feeds/feed-data.ts';
import { layeredModel } from '../support/layered-model.ts';
import type { BareLoop, BareTimes } from './bare-loop.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'bin', 'mlreg.js');
const bareLoop = join(root, 'test', 'bench', 'bare-loop.ts');
const { values: flags } = parseArgs({
  options: {
    pairs: { type: 'string', default: '30' },
    // Of warming up, and again of each loop: long enough for V8 to have compiled what it will.
    ms: { type: 'string', default: '400' },
  },
});
const [pairs, loopMs] = [Number(flags.pairs), Number(flags.ms)];
const target = { overheadUs: 10, ratio: 1.03 };

interface Timed {
  /** Of the registered version. */
  name: string;
  modelFile: string;
  input: string;
  shape: number[];
  outputs: string[];
}

const folder = mkdtempSync(join(tmpdir(), 'mlreg-harness-'));
try {
  const layers = join(folder, 'layers.onnx');
  writeFileSync(layers, layeredModel(20));
  const fixture = join(root, 'test', 'fixtures', 'digits_mlp', 'model.onnx');
  node(bin, 'init');
  const verdicts = new Set([
    ...compare({
      name: 'digits-mlp',
      modelFile: fixture,
      input: 'X',
      shape: [1, 64],
      outputs: ['label', 'probabilities'],
    }),
    ...compare({ name: 'layers', modelFile: layers, input: 'x', shape: [16, 256], outputs: ['y'] }),
  ]);
  process.exitCode = verdicts.has('FAIL') ? 1 : verdicts.has('UNDECIDED') ? 2 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

type Verdict = 'PASS' | 'FAIL' | 'UNDECIDED';

function compare(model: Timed): Verdict[] {
  node(bin, 'register', model.name, model.modelFile, '--no-git');
  const runs = Math.ceil(loopMs / timeBare(model, 200).wallMs);
  const times = Array.from({ length: pairs }, (_, at) => {
    if (at % 2 === 0) return { bench: timeByBench(model, runs), bare: timeBare(model, runs) };
    return { bare: timeBare(model, runs), bench: timeByBench(model, runs) };
  });
  const bench = times.map((pair) => pair.bench);
  const bare = times.map((pair) => pair.bare);
  const us = (all: BareTimes[], of: keyof BareTimes): string =>
    `${(1000 * medianInterval(all.map((one) => one[of])).value).toFixed(2)} µs`;
  console.log(
    `${model.name}: ${pairs} pairs of ${runs.toLocaleString('en')} runs after as many to warm up, one thread`,
  );
  for (const [name, of] of [
    ['median run', 'medianMs'],
    ['wall per run', 'wallMs'],
  ] as const)
    console.log(`  ${name.padEnd(12)}  ${us(bench, of)} by mlreg bench, ${us(bare, of)} bare`);
  const more = (of: keyof BareTimes): Interval =>
    medianInterval(times.map((pair) => 1000 * (pair.bench[of] - pair.bare[of])));
  const ratio = medianInterval(times.map((pair) => pair.bench.medianMs / pair.bare.medianMs));
  const { overheadUs } = target;
  return [
    tell('more per run, median', more('medianMs'), -Infinity, overheadUs, ' µs'),
    tell('more per run, wall', more('wallMs'), -Infinity, overheadUs, ' µs'),
    tell('ratio of medians', ratio, 1 / target.ratio, target.ratio, ''),
  ];
}

interface Interval {
  value: number;
  low: number;
  high: number;
}

/** The median, and the order statistics that hold it with 95% confidence. */
function medianInterval(values: readonly number[]): Interval {
  const sorted = values.toSorted((a, b) => a - b);
  const { low, high } = quantileRanks(sorted.length, 0.5, 0.05);
  const at = (rank: number | null, otherwise: number): number =>
    rank === null ? otherwise : (sorted[rank - 1] ?? otherwise);
  return {
    value: at((sorted.length + 1) >> 1, Number.NaN),
    low: at(low, -Infinity),
    high: at(high, Infinity),
  };
}

/** Prints what is held against the target, and whether all of the interval lies within. */
function tell(
  what: string,
  { value, low, high }: Interval,
  least: number,
  most: number,
  unit: string,
): Verdict {
  const verdict = low >= least && high <= most ? 'PASS' : low > most || high < least ? 'FAIL' : 'UNDECIDED';
  const [from, ...to] = [value, low, high].map((number) => number.toFixed(unit === '' ? 4 : 2));
  const within = least === -Infinity ? `at most ${most}` : `${least.toFixed(4)} to ${most}`;
  console.log(`  ${verdict.padEnd(9)}  ${what.padEnd(20)}  ${from} (${to.join(' to ')})${unit}, ${within}`);
  return verdict;
}

function timeByBench({ name }: Timed, runs: number): BareTimes {
  const length = [
    '--iterations',
    String(runs),
    '--warmup',
    String(runs),
    '--launches',
    '1',
    '--threads',
    '1',
  ];
  const { launches, latencyMs } = JSON.parse(node(bin, 'bench', name, ...length, '--json')) as BenchReport;
  const [launch] = launches;
  const median = latencyMs?.p50?.value;
  if (launch === undefined || median === undefined) throw new Error('the bench measured nothing');
  return { medianMs: median, wallMs: launch.timedMs / launch.runs };
}

/** The bench's own feed, output and V8 setting: what is left is what its code does. */
function timeBare({ modelFile, input, shape, outputs }: Timed, runs: number): BareTimes {
  const fill = { kind: 'uniform', low: 0, high: 1 } as const;
  const data = materialiseFeed({ name: input, dtype: 'float32', shape, fill, seed: 1 });
  const loop: BareLoop = {
    modelFile,
    input: { name: input, shape, data: [...(data as Float32Array)] },
    outputs,
    threads: 1,
    warmup: runs,
    runs: 2 * runs,
  };
  const file = join(folder, 'loop.json');
  writeFileSync(file, JSON.stringify(loop));
  return JSON.parse(node('--min-semi-space-size=16', bareLoop, file)) as BareTimes;
}

/** What a process prints; it must end well. */
function node(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    // As the child of the bench has it.
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
  });
  if (status !== 0) throw new Error(`${args.slice(0, 2).join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}
