import { statistics } from '../../core/measurements/bench.ts';
import type { BenchReport, GateResult, Percentile, Verdict } from '../../bench/report/result.ts';
import type { BenchResult } from '../../bench/run/bench-version.ts';
import { latency as ms } from '../format.ts';
import { code, markdownTable } from '../markdown.ts';
import { inputShapes, inputSource, ratioCertainty, ratioFigure } from './bench-facts.ts';
import { loadFacts, threadsUsed } from './bench-load.ts';
import { profileMarkdown } from './profile-text.ts';

const names = [...statistics, 'p999'] as const;
const titles = { p50: 'p50', p90: 'p90', p95: 'p95', p99: 'p99', p999: 'p99.9' } as const;
const signs: Record<Verdict, string> = { pass: '✅', fail: '❌', inconclusive: '⚠️' };

/** A measurement for a pull request: the verdict first, then its basis. */
export function benchMarkdown({ id, subject, baseline, report }: BenchResult): string {
  return [
    headline(subject.ref, report),
    ...gatesTable(report.gates),
    ...percentilesTable(subject.ref, baseline?.ref ?? null, report),
    ...ratioLine(report),
    ...loadLine(report),
    // Benches stored before profiles existed have none.
    ...(report.profile ? [profileMarkdown(report.profile)] : []),
    environmentLine(report),
    ...notes(report.notes),
    ...(id === null ? [] : [`<sub>${code(`mlreg bench --show ${id}`)}</sub>`]),
  ].join('\n\n');
}

function headline(ref: string, { status, error, latencyMs, gates }: BenchReport): string {
  if (status !== 'ok' || latencyMs === null)
    return `### ❌ ${code(ref)} could not be measured: ${status}\n\n${code(error?.message ?? '')}`;
  const worst = (['fail', 'inconclusive'] as const).find((verdict) =>
    gates.some((gate) => gate.verdict === verdict),
  );
  const figures = (['p50', 'p95'] as const).flatMap((name) => {
    const found = latencyMs[name];
    return found === null ? [] : [`${name} ${ms(found.value)}`];
  });
  const said = figures.length === 0 ? '' : `: ${figures.join(', ')}`;
  if (gates.length === 0) return `### ${code(ref)}${said}`;
  const verdict = { pass: 'passes', fail: 'fails', inconclusive: 'is undecided' }[worst ?? 'pass'];
  return `### ${signs[worst ?? 'pass']} ${code(ref)} ${verdict}${said}`;
}

function gatesTable(gates: GateResult[]): string[] {
  if (gates.length === 0) return [];
  const rows = gates.map(({ gate, verdict, observed, threshold, reason }) => [
    code(gate),
    `${signs[verdict]} ${verdict}`,
    code(observed),
    code(threshold),
    code(reason),
  ]);
  return [markdownTable(['gate', 'verdict', 'observed', 'threshold', 'why'], rows)];
}

/** With a baseline, both versions side by side, each with its 95% intervals. */
function percentilesTable(
  ref: string,
  baseline: string | null,
  { latencyMs, compare }: BenchReport,
): string[] {
  if (latencyMs === null) return [];
  const sides = [latencyMs, ...(compare === null ? [] : [compare.baselineLatencyMs])];
  const rows = names.map((name) => [
    titles[name],
    ...sides.flatMap((side) => valueAndInterval(side[name] ?? null)),
  ]);
  const means = ['mean', ...sides.flatMap(({ mean }) => [ms(mean), ''])];
  const runs = ['runs', ...sides.flatMap(({ n }) => [n.toLocaleString('en'), ''])];
  const titlesOf = [ref, ...(compare === null ? [] : [baseline ?? 'baseline'])];
  const head = ['latency', ...titlesOf.flatMap((title) => [code(title), '95% interval'])];
  return [markdownTable(head, [...rows, means, runs], [1, 3].slice(0, sides.length))];
}

function valueAndInterval(percentile: Percentile | null): string[] {
  if (percentile === null) return ['–', 'too few runs'];
  const { value, low, high } = percentile;
  return [ms(value), `${low === null ? '?' : ms(low)} – ${high === null ? '?' : ms(high)}`];
}

function ratioLine({ compare }: BenchReport): string[] {
  if (compare === null) return [];
  const { stat } = compare;
  return [`${stat} ratio to the baseline **${ratioFigure(compare)}**${ratioCertainty(compare)}.`];
}

function loadLine({ open }: BenchReport): string[] {
  if (open === null) return [];
  const facts = loadFacts(open).map(([label, text]) => `${label} ${code(text)}`);
  return [`Under a load: ${facts.join('; ')}.`];
}

function environmentLine({ environment, session, input, plan }: BenchReport): string {
  const { cpuModel, availableCpus, node, onnxruntime } = environment.facts;
  const shapes = inputShapes(input);
  const parts = [
    code(cpuModel ?? 'unknown CPU'),
    threadsUsed(session, availableCpus, plan.concurrency),
    `Node ${code(node)}`,
    ...(onnxruntime === null ? [] : [`ONNX Runtime ${code(onnxruntime)}`]),
    ...(shapes.length === 0 ? [] : [`inputs ${code(shapes.join(' '))} (${inputSource(input)})`]),
    `fingerprint ${code(environment.fingerprint)}`,
  ];
  return `Measured on ${parts.join(', ')}.`;
}

function notes(all: string[]): string[] {
  return all.length === 0 ? [] : [all.map((note) => `- ${code(note)}`).join('\n')];
}
