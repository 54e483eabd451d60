import type { BenchResult } from '../bench/bench-version.ts';
import type { BenchReport, LatencySummary, Percentile } from '../bench/result.ts';
import { escapeText } from '../core/quote.ts';
import { facts, latency as ms, number } from './format.ts';
import { latencyBars } from './latency-bars.ts';
import { table } from './table.ts';
import type { Style, View } from './view.ts';

const names = ['p50', 'p90', 'p95', 'p99', 'p999'] as const;
const titles = { p50: 'p50', p90: 'p90', p95: 'p95', p99: 'p99', p999: 'p99.9' } as const;

export const benchView: View<BenchResult> = {
  json: ({ id, subject, report }) => {
    const { mode, status, ...rest } = report;
    return { id, mode, status, subject, baseline: null, ...rest };
  },
  text: ({ subject, report, samples }, style) =>
    [
      headline(subject.ref, report, style),
      ...verdicts(report, style),
      ...measured(report, samples, style),
      describe(report, style),
      ...notes(report, style),
    ].join('\n'),
  plain: ({ id, subject, report }) => [
    ['ref', subject.ref],
    ['id', id],
    ['status', report.status],
    ...(report.latencyMs === null
      ? []
      : names.map((name) => percentileRow(titles[name], report.latencyMs?.[name] ?? null))),
    ['runs', report.latencyMs?.n ?? null],
    ['throughput_per_s', report.throughputPerSec],
    ['peak_rss_mb', report.memory?.peakRssMb ?? null],
    ['fingerprint', report.environment.fingerprint],
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
