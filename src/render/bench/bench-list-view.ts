import type { Json } from '../../api/verb.ts';
import type { benchesVerb } from '../../api/verbs/run/bench.ts';
import type { BenchList, ListedBench } from '../../bench/report/list-benches.ts';
import type { Verdict } from '../../bench/report/result.ts';
import type { Figure } from '../../core/comparison/bench-figures.ts';
import { escapeText } from '../../core/text/quote.ts';
import { isoTime, latency, relativeTime } from '../format.ts';
import { draw, withRoom, type Column } from '../inspect/list-tables.ts';
import { code, markdownTable } from '../markdown.ts';
import { viewOf, type Style } from '../view.ts';

export const benchListView = viewOf<BenchList, Json<typeof benchesVerb>>()({
  json: ({ benches, nextPage }) => ({
    benches: benches.map(({ shortId: _shortId, at, latencyMs, ...rest }) => ({
      ...rest,
      at: isoTime(at),
      latencyMs: latencyMs && {
        n: latencyMs.n,
        p50: figureJson(latencyMs.p50),
        p95: figureJson(latencyMs.p95),
      },
    })),
    nextPage,
  }),
  text: ({ benches, nextPage }, style) => {
    if (benches.length === 0) return 'no stored benchmarks; measure one with mlreg bench REF';
    const more = nextPage === null ? [] : [style.color.dim(`more: repeat with --page '${nextPage}'`)];
    return [listTable(benches, style), '', ...legend(benches, style), ...more].join('\n');
  },
  plain: ({ benches }) =>
    benches.map((bench) => [
      bench.id,
      isoTime(bench.at),
      bench.ref,
      bench.mode,
      bench.scenario,
      bench.status,
      bench.latencyMs?.p50?.value ?? null,
      bench.latencyMs?.p95?.value ?? null,
      bench.latencyMs?.n ?? null,
      bench.verdict,
      bench.fingerprint,
      bench.baseline,
      bench.batch,
      bench.rate,
      bench.concurrency,
    ]),
  quiet: ({ benches }) => benches.map(({ id }) => id),
  markdown: ({ benches, nextPage }) => {
    if (benches.length === 0) return 'No stored benchmarks.';
    const marks = marksOf(benches);
    const rows = benches.map((bench) => [
      code(bench.shortId),
      isoTime(bench.at).slice(0, 16).replace('T', ' '),
      code(bench.ref),
      code(howMeasured(bench)),
      figure(bench.latencyMs?.p50),
      bench.latencyMs === null ? code(bench.status) : figure(bench.latencyMs.p95),
      bench.latencyMs?.n.toLocaleString('en') ?? '',
      bench.verdict === null ? '' : `${signs[bench.verdict]} ${bench.verdict}`,
      bench.baseline === null ? '' : code(bench.baseline),
      `${marks.get(bench.fingerprint)?.mark}`,
    ]);
    const head = [
      'bench',
      'measured (UTC)',
      'version',
      'mode',
      'p50',
      'p95',
      'runs',
      'gates',
      'baseline',
      'on',
    ];
    const machines = [...marks].map(
      ([fingerprint, { mark, machine }]) =>
        `- ${mark}: ${code(fingerprint)}${machine === null ? '' : ` ${code(machine)}`}`,
    );
    return [
      markdownTable(head, rows, [4, 5, 6]),
      [...(marks.size > 1 ? [apart] : []), ...machines].join('\n'),
      ...(nextPage === null ? [] : [`_More: ${code(`--page ${nextPage}`)}_`]),
    ].join('\n\n');
  },
});

const signs: Record<Verdict, string> = { pass: '✅', fail: '❌', inconclusive: '⚠️' };
const apart = 'Latencies from different machines, runtimes or threads (column "on") are not comparable.';

function figureJson(figure: Figure | null): Figure | null {
  return figure && { value: figure.value, low: figure.low, high: figure.high };
}

function figure(value: Figure | null | undefined): string {
  return value === null || value === undefined ? '–' : latency(value.value);
}

function howMeasured({ mode, scenario, batch, rate, concurrency }: ListedBench): string {
  return [
    mode,
    scenario === 'single' ? '' : scenario,
    batch === null ? '' : `batch ${batch}`,
    rate === null ? '' : `${rate}/s`,
    concurrency === 1 ? '' : `×${concurrency}`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/**
 * A letter for each fingerprint on the page, in the order of its latest run: A, B … (`#1` would be
 * a link on GitHub).
 */
function marksOf(benches: ListedBench[]): Map<string, { mark: string; machine: string | null }> {
  const marks = new Map<string, { mark: string; machine: string | null }>();
  for (const { fingerprint, machine } of benches)
    if (!marks.has(fingerprint)) marks.set(fingerprint, { mark: letters(marks.size), machine });
  return marks;
}

/** A … Z, AA, AB … */
function letters(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}

function listTable(benches: ListedBench[], style: Style): string {
  const { color } = style;
  const marks = marksOf(benches);
  const paint = { pass: color.green, fail: color.red, inconclusive: color.yellow };
  const cells = (of: (bench: ListedBench) => string): string[] => benches.map(of);
  const columns: Column[] = [
    { head: 'bench', cells: cells(({ shortId }) => color.bold(shortId)) },
    { head: 'when', cells: cells(({ at }) => relativeTime(at, style.now)), goes: 2 },
    { head: 'version', cells: cells(({ ref }) => escapeText(ref)) },
    { head: 'mode', cells: cells((bench) => escapeText(howMeasured(bench))), goes: 4 },
    { head: 'p50', cells: cells(({ latencyMs }) => figure(latencyMs?.p50)), right: true },
    {
      head: 'p95',
      cells: cells(({ status, latencyMs }) =>
        latencyMs === null ? color.red(escapeText(status)) : figure(latencyMs.p95),
      ),
      right: true,
    },
    {
      head: 'runs',
      cells: cells(({ latencyMs }) => latencyMs?.n.toLocaleString('en') ?? ''),
      right: true,
      goes: 1,
    },
    {
      head: 'gates',
      cells: cells(({ verdict }) => (verdict === null ? '' : (paint[verdict] ?? color.red)(verdict))),
    },
    { head: 'baseline', cells: cells(({ baseline }) => escapeText(baseline ?? '')), goes: 3 },
    ...(marks.size > 1
      ? [{ head: 'on', cells: cells(({ fingerprint }) => color.cyan(marks.get(fingerprint)?.mark ?? '')) }]
      : []),
  ];
  const kept = withRoom(columns.filter(hasAny), style.width);
  return draw(kept, style, [kept.findIndex(({ head }) => head === 'version')]);
}

function hasAny({ cells }: Column): boolean {
  return cells.some((cell) => cell !== '');
}

/** The environment of each mark, and a note that different marks cannot be compared. */
function legend(benches: ListedBench[], { color }: Style): string[] {
  const marks = [...marksOf(benches)];
  const lines = marks.map(([fingerprint, { mark, machine }]) => {
    const lead = marks.length === 1 ? color.dim('all measured on') : color.cyan(mark);
    return `${lead} ${color.dim(`${escapeText(fingerprint)} ${escapeText(machine ?? '')}`.trimEnd())}`;
  });
  return [...lines, ...(marks.length > 1 ? [color.dim(apart)] : [])];
}
