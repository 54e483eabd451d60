import type { BenchResult } from '../bench/bench-version.ts';
import type { BenchReport, LatencySummary, Percentile } from '../bench/result.ts';
import { escapeText } from '../core/quote.ts';
import { facts, latency as ms, number } from './format.ts';
import { latencyBars } from './latency-bars.ts';
import { profileRows, profileText } from './profile-text.ts';
import { table } from './table.ts';
import type { Style, View } from './view.ts';

const names = ['p50', 'p90', 'p95', 'p99', 'p999'] as const;
const titles = { p50: 'p50', p90: 'p90', p95: 'p95', p99: 'p99', p999: 'p99.9' } as const;

export const benchView: View<BenchResult> = {
  json: ({ id, subject, baseline, report }) => {
    const { mode, status, ...rest } = report;
    return { id, mode, status, subject, baseline, ...rest };
  },
  text: ({ subject, baseline, report, samples }, style) =>
    [
      headline(subject.ref, report, style),
      ...verdicts(report, style),
      ...against(subject.ref, baseline?.ref ?? '', report, style),
      ...measured(report, samples, style),
      // Benches stored before there were profiles have none.
      ...(report.profile ? profileText(report.profile, style) : []),
      describe(report, style),
      ...notes(report, style),
    ].join('\n'),
  plain: ({ id, subject, baseline, report }) => [
    ['ref', subject.ref],
    ['id', id],
    ['status', report.status],
    ...(report.latencyMs === null
      ? []
      : names.map((name) => percentileRow(titles[name], report.latencyMs?.[name] ?? null))),
    ['runs', report.latencyMs?.n ?? null],
    ['throughput_per_s', report.throughputPerSec],
    ['peak_rss_mb', report.memory?.peakRssMb ?? null],
    ...(report.compare === null
      ? []
      : [
          ['baseline', baseline?.ref ?? ''],
          ['ratio', report.compare.stat, report.compare.ratio, report.compare.low, report.compare.high],
        ]),
    ['fingerprint', report.environment.fingerprint],
    ...(report.profile ? profileRows(report.profile) : []),
    ...report.gates.map(({ gate, verdict, observed, reason }) => ['gate', gate, verdict, observed, reason]),
    ...report.notes.map((note) => ['note', note]),
  ],
  quiet: ({ subject }) => [subject.ref],
};

function percentileRow(title: string, percentile: Percentile | null): (string | number | null)[] {
  return [`${title}_ms`, percentile?.value ?? null, percentile?.low ?? null, percentile?.high ?? null];
}

function headline(
  ref: string,
  { status, error, latencyMs, throughputPerSec, gates }: BenchReport,
  { color }: Style,
): string {
  if (status !== 'ok' || latencyMs === null)
    return `${color.red('✗')} ${color.bold(ref)} ${status}: ${escapeText(error?.message ?? '')}`;
  const mark = gates.every(({ verdict }) => verdict === 'pass') ? color.green('✓') : color.red('✗');
  const p95 = latencyMs.p95 === null ? '' : `, p95 ${ms(latencyMs.p95.value)}`;
  return `${mark} ${color.bold(ref)} p50 ${latencyMs.p50 === null ? '?' : ms(latencyMs.p50.value)}${p95}, ${Math.round(throughputPerSec ?? 0).toLocaleString('en')} runs/s`;
}

function verdicts({ gates }: BenchReport, { color }: Style): string[] {
  const paint = { pass: color.green, fail: color.red, inconclusive: color.yellow };
  return gates.map(
    ({ gate, verdict, reason }) => `  ${color.bold(gate)} ${paint[verdict](verdict)}: ${escapeText(reason)}`,
  );
}

/** The two side by side, and how sure their ratio is. */
function against(ref: string, baseline: string, { compare, latencyMs }: BenchReport, style: Style): string[] {
  if (compare === null || latencyMs === null) return [];
  const { stat, ratio, low, high, look, minimumDetectable, baselineLatencyMs } = compare;
  const value = (found: Percentile | null): string => (found === null ? '–' : ms(found.value));
  const rows = names.map((name) => [titles[name], value(latencyMs[name]), value(baselineLatencyMs[name])]);
  const sure = low === null || high === null ? '' : ` (${low.toFixed(3)} – ${high.toFixed(3)})`;
  const detectable =
    minimumDetectable === null
      ? ''
      : `; an increase of ${number(100 * minimumDetectable, 2)}% would have been seen`;
  const summary = `${stat} ratio ${ratio === null ? '?' : ratio.toFixed(3)}${sure}, look ${look} of 3${detectable}`;
  return ['', indent(table(style, ['latency', ref, baseline], rows, [1, 2])), `  ${summary}`];
}

function measured({ latencyMs }: BenchReport, samples: Float64Array[], style: Style): string[] {
  if (latencyMs === null) return [];
  const rows = names.map((name) => {
    const found = latencyMs[name];
    return [
      titles[name],
      found === null ? '–' : ms(found.value),
      found === null ? 'too few runs' : interval(found),
    ];
  });
  const drawn = table(style, ['latency', 'value', '95% interval'], [...rows, ...extremes(latencyMs)], [1]);
  return ['', indent(drawn), '', ...latencyBars(samples, 12, style), ''];
}

function extremes({ mean, min, max }: LatencySummary): string[][] {
  return [
    ['mean', ms(mean), ''],
    ['min', ms(min), ''],
    ['max', ms(max), ''],
  ];
}

function interval({ low, high }: Percentile): string {
  return `${low === null ? '?' : ms(low)} – ${high === null ? '?' : ms(high)}`;
}

function describe(
  { plan, phases, latencyMs, input, session, memory, environment, outputs, itemsPerSec }: BenchReport,
  { color }: Style,
): string {
  const shapes = Object.entries(input.shapes).map(
    ([name, shape]) => `${escapeText(name)}[${shape.join(',')}]`,
  );
  const { cpuModel, availableCpus, node, onnxruntime } = environment.facts;
  return facts(
    [
      [
        'runs',
        latencyMs === null
          ? undefined
          : `${latencyMs.n.toLocaleString('en')} in ${plan.launches} launches${phases === null ? '' : `, after ${phases.warmup.runs.toLocaleString('en')} to warm up`}`,
      ],
      ['inputs', `${shapes.join(' ')} (synthetic, seed ${input.seed})`],
      [
        'items',
        itemsPerSec === null ? undefined : `${Math.round(itemsPerSec).toLocaleString('en')} per second`,
      ],
      ['skipped', outputs.skipped.map(escapeText).join(', ')],
      ['load', phases === null ? undefined : `${ms(phases.createMs)}, first run ${ms(phases.firstRunMs)}`],
      [
        'memory',
        memory === null
          ? undefined
          : `${number(memory.peakRssMb, 3)} MB at most, ${number(memory.baseRssMb, 3)} MB before the model`,
      ],
      [
        'machine',
        `${escapeText(cpuModel ?? 'unknown CPU')}, ${session.intraOpThreads} of ${availableCpus} CPUs, Node ${node}${onnxruntime === null ? '' : `, ONNX Runtime ${onnxruntime}`}`,
      ],
      ['fingerprint', environment.fingerprint],
    ],
    color.dim,
  );
}

function notes({ notes: all }: BenchReport, { color }: Style): string[] {
  return all.map((note) => `  ${color.yellow('note')}  ${escapeText(note)}`);
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
