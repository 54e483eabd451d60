import { statistics } from '../../core/measurements/bench.ts';
import type { Json } from '../../api/verb.ts';
import type { benchVerb } from '../../api/verbs/run/bench.ts';
import type { BenchReport, Percentile } from '../../bench/report/result.ts';
import type { BenchResult } from '../../bench/run/bench-version.ts';
import { worstVerdict } from '../../core/events/gate-result.ts';
import { escapeText } from '../../core/text/quote.ts';
import { counted, facts, hanging, latency as ms, number, perSecond, relativeTime } from '../format.ts';
import { table } from '../table.ts';
import { type Style, viewOf } from '../view.ts';
import { inputShapes, inputSource, ratioCertainty, ratioFigure } from './bench-facts.ts';
import { loadFacts, loadRows, threadsUsed } from './bench-load.ts';
import { benchMarkdown } from './bench-markdown.ts';
import { latencyBars } from './latency-bars.ts';
import { profileRows, profileText } from './profile-text.ts';

const names = [...statistics, 'p999'] as const;
const titles = { p50: 'p50', p90: 'p90', p95: 'p95', p99: 'p99', p999: 'p99.9' } as const;

export const benchView = viewOf<BenchResult, Json<typeof benchVerb>>()({
  json: ({ id, subject, baseline, report }) => {
    const { mode, status, ...rest } = report;
    return { id, mode, status, subject, baseline, ...rest };
  },
  text: ({ id, at, subject, baseline, report, samples }, style) =>
    [
      headline(subject.ref, report, style),
      ...verdicts(report, style),
      ...against(report, style),
      ...measured(subject.ref, baseline?.ref ?? null, report, samples, style),
      // Benches stored before profiles existed have none.
      ...(report.profile ? profileText(report.profile, style) : []),
      describe(report, id === null ? undefined : `${id}, ${relativeTime(at, style.now)}`, style),
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
    ...loadRows(report.open),
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
  markdown: benchMarkdown,
  // A failed measurement is exit code 5, whatever the limits were.
  outputs: ({ subject, report }) => ({
    ...subject,
    verdict: report.status === 'ok' ? worstVerdict(report.gates) : 'fail',
  }),
});

function percentileRow(title: string, percentile: Percentile | null): (string | number | null)[] {
  return [`${title}_ms`, percentile?.value ?? null, percentile?.low ?? null, percentile?.high ?? null];
}

function headline(
  ref: string,
  { status, error, latencyMs, throughputPerSec, gates, open }: BenchReport,
  { color }: Style,
): string {
  if (status !== 'ok' || latencyMs === null)
    return `${color.red('✗')} ${color.bold(ref)} ${status}: ${escapeText(error?.message ?? '')}`;
  const undecided = gates.every(({ verdict }) => verdict !== 'fail');
  const mark = gates.every(({ verdict }) => verdict === 'pass')
    ? color.green('✓')
    : undecided
      ? color.yellow('?')
      : color.red('✗');
  const p95 = latencyMs.p95 === null ? '' : `, p95 ${ms(latencyMs.p95.value)}`;
  const overloaded = open?.saturated === true ? color.yellow(' saturated:') : '';
  return `${mark} ${color.bold(ref)}${overloaded} p50 ${latencyMs.p50 === null ? '?' : ms(latencyMs.p50.value)}${p95}, ${perSecond(throughputPerSec ?? 0)} runs/s`;
}

function verdicts({ gates }: BenchReport, { color, width }: Style): string[] {
  const paint = { pass: color.green, fail: color.red, inconclusive: color.yellow };
  return gates.flatMap(({ gate, verdict, reason }) => [
    `  ${color.bold(gate)} ${paint[verdict](verdict)}:`,
    hanging('    ', 4, escapeText(reason), width),
  ]);
}

/** How the two compare, and how certain that is. */
function against({ compare }: BenchReport, { color, width }: Style): string[] {
  if (compare === null) return [];
  const { stat } = compare;
  const summary = `${ratioFigure(compare)}× the baseline${ratioCertainty(compare)}`;
  const lead = `  ${color.bold(stat)} `;
  return [hanging(lead, stat.length + 3, summary, width)];
}

/**
 * Percentiles with their intervals, side by side in a comparison, and the spread of the version's
 * runs.
 */
function measured(
  ref: string,
  baseline: string | null,
  { latencyMs, compare }: BenchReport,
  samples: Float64Array[],
  style: Style,
): string[] {
  if (latencyMs === null) return [];
  const sides = [latencyMs, ...(compare === null ? [] : [compare.baselineLatencyMs])];
  const rows = names.map((name) => [
    titles[name],
    ...sides.flatMap((side) => valueAndInterval(side[name] ?? null)),
  ]);
  const more = (['mean', 'min', 'max'] as const).map((name) => [
    name,
    ...sides.flatMap((side) => [ms(side[name]), '']),
  ]);
  const heads =
    compare === null
      ? ['value', '95% interval']
      : [ref, baseline ?? 'baseline'].flatMap((name) => [{ name: escapeText(name) }, '95% interval']);
  const narrower = { ...style, width: style.width - 2 };
  const drawn = table(narrower, ['latency', ...heads], [...rows, ...more], [1, 3], [1, 3]);
  return ['', indent(drawn), '', ...latencyBars(samples, 12, style), ''];
}

function valueAndInterval(found: Percentile | null): string[] {
  return found === null ? ['–', 'too few runs'] : [ms(found.value), interval(found)];
}

function interval({ low, high }: Percentile): string {
  return `${low === null ? '?' : ms(low)} – ${high === null ? '?' : ms(high)}`;
}

function describe(
  { plan, phases, latencyMs, input, session, memory, environment, outputs, itemsPerSec, open }: BenchReport,
  stored: string | undefined,
  { color, width }: Style,
): string {
  const { cpuModel, availableCpus, node, onnxruntime, server } = environment.facts;
  return facts(
    [
      [
        open?.samplesPerQuery ? 'queries' : 'runs',
        latencyMs === null
          ? undefined
          : `${latencyMs.n.toLocaleString('en')} in ${counted(plan.launches, 'launch', 'launches')}${phases === null ? '' : `, after ${counted(phases.warmup.runs, 'warm-up run')}`}`,
      ],
      ...loadFacts(open),
      ['inputs', `${inputShapes(input).map(escapeText).join(' ')} (${inputSource(input)})`],
      ['items', itemsPerSec === null ? undefined : `${perSecond(itemsPerSec)} per second`],
      ['skipped', outputs.skipped.map(escapeText).join(', ')],
      [
        server === undefined ? 'session' : 'server',
        server !== undefined
          ? `${escapeText(server)}${phases === null ? '' : `, found in ${ms(phases.createMs)}, first answer ${ms(phases.firstRunMs)}`}`
          : phases === null
            ? undefined
            : `created in ${ms(phases.createMs)}, first run ${ms(phases.firstRunMs)}`,
      ],
      [
        'memory',
        memory === null
          ? undefined
          : `${number(memory.peakRssMb, 3)} MB peak, ${number(memory.baseRssMb, 3)} MB before loading the model`,
      ],
      [
        'machine',
        `${escapeText(cpuModel ?? 'unknown CPU')}, ${server === undefined ? `${threadsUsed(session, availableCpus, plan.concurrency)}, ` : ''}Node ${node}${onnxruntime === null ? '' : `, ONNX Runtime ${onnxruntime}`}`,
      ],
      ['fingerprint', environment.fingerprint],
      ['stored', stored],
    ],
    color.dim,
    width,
  );
}

function notes({ notes: all }: BenchReport, { color, width }: Style): string[] {
  return all.map((note) => hanging(`  ${color.yellow('note')}  `, 8, escapeText(note), width));
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
