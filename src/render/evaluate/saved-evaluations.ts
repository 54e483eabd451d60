import { dataName, leadMetrics, type EvaluationRecord } from '../../core/measurements/evaluation.ts';
import { escapeText } from '../../core/text/quote.ts';
import { isoTime, number, relativeTime } from '../format.ts';
import { code, markdownTable } from '../markdown.ts';
import { table } from '../table.ts';
import type { Style } from '../view.ts';

const mostShown = 5;

/** The latest saved evaluations as a table of `show`; empty if there are none. */
export function evaluationsSection(evaluations: readonly EvaluationRecord[], style: Style): string {
  if (evaluations.length === 0) return '';
  const { color, now } = style;
  const rows = evaluations.slice(0, mostShown).map(({ at, result }) => [
    color.dim(relativeTime(at, now)),
    setName(result),
    result.rows.toLocaleString('en'),
    leadMetrics(result.metrics)
      .map(([name, value]) => `${name} ${color.bold(number(value))}${shownInterval(result, name)}`)
      .join('  '),
  ]);
  const drawn = table(style, ['evaluated', 'data', 'rows', 'metrics'], rows, [2], [1, 3]);
  const more = evaluations.length - rows.length;
  return more > 0 ? `${drawn}\n+${more} earlier (--json shows all)` : drawn;
}

/** For a model card; null if there are none. */
export function evaluationsMarkdown(evaluations: readonly EvaluationRecord[]): string | null {
  if (evaluations.length === 0) return null;
  const rows = evaluations.slice(0, mostShown).map(({ at, result }) => [
    isoTime(at),
    code(result.as ?? result.data.file ?? 'stdin'),
    code(result.data.digest),
    String(result.rows),
    leadMetrics(result.metrics)
      .map(([name, value]) => `${code(name)} ${number(value)}${shownInterval(result, name)}`)
      .join(', '),
  ]);
  return markdownTable(['evaluated', 'data', 'hash', 'rows', 'metrics'], rows, [3]);
}

function setName(result: EvaluationRecord['result']): string {
  const { as, asOf } = result;
  const day = asOf === null ? '' : ` of ${escapeText(asOf.slice(0, 10))}`;
  return `${as === null ? '' : `${escapeText(as)}: `}${dataName(result)}${day}`;
}

/** ` (0.96 to 0.985)`, or nothing if it was not stored. */
function shownInterval({ intervals }: EvaluationRecord['result'], name: string): string {
  const own = (intervals as Record<string, { low?: unknown; high?: unknown }> | undefined)?.[name];
  if (typeof own?.low !== 'number' || typeof own.high !== 'number') return '';
  return ` (${number(own.low, 3)} to ${number(own.high, 3)})`;
}
