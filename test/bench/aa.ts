/**
 * `npm run bench:aa`: does the regression gate say what it should? A fixture is compared with
 * itself again and again by `mlreg bench REF --baseline REF --max-regression 5%`, and a model of 22
 * layers with one of 20; what the gate said is counted, and held against what an honest one may
 * say: exit 0 or 1. Ctrl-C ends it with the summary so far and 130; with --state FILE it goes on
 * from there.
 *
 *     npm run bench:aa -- --comparisons 40 --injected 20 --duration 2s --stat p95
 */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { comparePairs, type BlockPair } from '../../src/stats/bootstrap.ts';
import type { BenchComparison, GateResult } from '../../src/bench/report/result.ts';
import { decodeSamples } from '../../src/bench/report/sample-codec.ts';
import { openRegistry } from '../../src/open-registry.ts';
import { layeredModel } from '../support/layered-model.ts';
import { judgeComparisons, summaryLines, type Comparison } from './aa-summary.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'bin', 'mlreg.js');
const { values: flags } = parseArgs({
  options: {
    comparisons: { type: 'string', default: '40' },
    injected: { type: 'string', default: '20' },
    model: { type: 'string', default: 'digits_mlp' },
    stat: { type: 'string', default: 'p95' },
    // The default of the command, 10s, takes hours.
    duration: { type: 'string', default: '2s' },
    // For tests: an exact number of runs in place of the duration.
    iterations: { type: 'string' },
    warmup: { type: 'string' },
    launches: { type: 'string' },
    threads: { type: 'string' },
    state: { type: 'string' },
  },
});
const length =
  flags.iterations === undefined ? ['--duration', flags.duration] : ['--iterations', flags.iterations];
const passedOn = (['warmup', 'launches', 'threads'] as const).flatMap((name) =>
  flags[name] === undefined ? [] : [`--${name}`, flags[name]],
);
const gate = ['--max-regression', '5%', '--stat', flags.stat, ...length, ...passedOn];

interface Printed {
  id: string | null;
  status: string;
  compare: BenchComparison | null;
  gates: GateResult[];
  error: { message: string } | null;
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());

const folder = mkdtempSync(join(tmpdir(), 'mlreg-aa-'));
try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function main(): Promise<void> {
  await run('init', '-q');
  await run('register', 'same', join(root, 'test', 'fixtures', flags.model, 'model.onnx'), '--no-git', '-q');
  for (const layers of [20, 22]) {
    writeFileSync(join(folder, 'layers.onnx'), layeredModel(layers));
    await run('register', `layers-${layers}`, 'layers.onnx', '--no-git', '-q');
  }
  console.log(`mlreg bench … ${gate.join(' ')}; the same: ${flags.model}; the slower: 22 layers to 20`);
  const kinds = order(Number(flags.comparisons), Number(flags.injected));
  const done = takeUp();
  const began = performance.now();
  const before = done.length;
  while (done.length < kinds.length && !stop.signal.aborted) {
    const comparison = await compare(kinds[done.length] ?? 'same', done.length + 1);
    if (stop.signal.aborted) break;
    done.push(comparison);
    if (flags.state !== undefined) appendFileSync(flags.state, `${JSON.stringify(comparison)}\n`);
    const each = (performance.now() - began) / (done.length - before);
    const left = Math.round((each * (kinds.length - done.length)) / 1000);
    console.log(`${String(done.length).padStart(3)}/${kinds.length}  ${told(comparison)}  ${left} s left`);
  }
  if (stop.signal.aborted) console.log(`\nended after ${done.length} of ${kinds.length} comparisons:`);
  console.log(`\n${summaryLines(done).join('\n')}`);
  process.exitCode = stop.signal.aborted ? 130 : judgeComparisons(done).every(({ holds }) => holds) ? 0 : 1;
}

/** Both kinds mixed evenly, since the machine changes with time. */
function order(same: number, slower: number): Comparison['kind'][] {
  const all = same + slower;
  if (!Number.isSafeInteger(all)) throw new Error('--comparisons and --injected are whole numbers');
  const slowerUntil = (at: number): number => Math.floor((at * slower) / all);
  return Array.from({ length: all }, (_, at) => (slowerUntil(at + 1) > slowerUntil(at) ? 'slower' : 'same'));
}

/** What an earlier run with the same settings has in its state file. */
function takeUp(): Comparison[] {
  if (flags.state === undefined) return [];
  const settings = JSON.stringify({
    gate,
    model: flags.model,
    comparisons: flags.comparisons,
    injected: flags.injected,
  });
  if (!existsSync(flags.state)) {
    writeFileSync(flags.state, `${settings}\n`);
    return [];
  }
  const [first, ...lines] = readFileSync(flags.state, 'utf8').trim().split('\n');
  if (first !== settings) throw new Error(`${flags.state} is of other settings: ${first}`);
  return lines.map((line) => JSON.parse(line) as Comparison);
}

async function compare(kind: Comparison['kind'], seed: number): Promise<Comparison> {
  const [subject, baseline] = kind === 'same' ? ['same', 'same'] : ['layers-22', 'layers-20'];
  const stdout = await run(
    'bench',
    subject,
    '--baseline',
    baseline,
    ...gate,
    '--seed',
    String(seed),
    '--json',
  );
  const nothing = { kind, verdict: 'none', ratio: null, medians: null, interval: null, look: null } as const;
  if (stop.signal.aborted) return nothing;
  const { id, status, compare: found, gates, error } = JSON.parse(stdout) as Printed;
  if (found === null || id === null) {
    console.error(`${status}: ${error?.message ?? 'not stored'}`);
    return nothing;
  }
  const launches = await pairsOf(id);
  const { interval } = comparePairs(launches, { statistic: found.stat, alpha: 0.05, seed });
  return {
    kind,
    verdict: gates[0]?.verdict ?? 'none',
    ratio: found.ratio,
    medians: comparePairs(launches, { statistic: 'p50', alpha: 0.05, seed }).ratio,
    interval: interval && { low: interval.low, high: interval.high },
    look: found.look,
  };
}

/** The pairs of blocks of each launch, from the samples that are stored with the bench. */
async function pairsOf(id: string): Promise<BlockPair[][]> {
  const registry = await openRegistry(join(folder, 'registry'), {
    actor: 'aa',
    waitMs: 10_000,
    now: () => Date.now(),
  });
  try {
    const series = decodeSamples((await registry.metadata.samples(id)) ?? new Uint8Array());
    const launches: BlockPair[][] = [];
    for (let at = 0; at + 1 < series.length; at += 2) {
      const pair = series.slice(at, at + 2).toSorted((a, b) => a.arm - b.arm);
      const [subject, baseline] = pair;
      if (subject === undefined || baseline === undefined) break;
      (launches[subject.launch] ??= []).push({ subject: subject.latencyMs, baseline: baseline.latencyMs });
    }
    return launches;
  } finally {
    await registry.close();
  }
}

function told({ kind, verdict, ratio, interval, look }: Comparison): string {
  const range = interval === null ? '' : ` (${interval.low.toFixed(3)}–${interval.high.toFixed(3)})`;
  return `${kind.padEnd(6)}  ${verdict.padEnd(12)}  ${ratio?.toFixed(3) ?? '-'}${range}  look ${look ?? '-'}`;
}

/** What the built command prints; it may end with 5, a gate that did not pass. */
async function run(...args: string[]): Promise<string> {
  if (stop.signal.aborted) return '';
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: stop.signal,
    killSignal: 'SIGINT',
  });
  child.on('error', () => undefined);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  // Not events.once: an abort is an `error` first, and the child is to be gone.
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code === 0 || code === 5 || stop.signal.aborted) return stdout;
  throw new Error(`${args.join(' ')} ended with ${String(code)}: ${stderr}`);
}
