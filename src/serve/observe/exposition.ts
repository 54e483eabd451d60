import { countOf, sumOf, type Histogram } from './histogram.ts';

/**
 * Metrics as Prometheus reads them, format version 0.0.4:
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export const expositionType = 'text/plain; version=0.0.4; charset=utf-8';

/** Values of labels by name, in the order in which they are written. */
export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  labels?: Labels;
  /** Null: not known here; the sample is omitted. */
  value: number | null;
}

export interface HistogramSample {
  labels?: Labels;
  histogram: Histogram;
}

/** Metrics of one name. A family without samples is omitted. */
export type Family =
  | { name: string; help: string; type: 'counter' | 'gauge'; samples: Iterable<Sample> }
  | { name: string; help: string; type: 'histogram'; samples: Iterable<HistogramSample> };

export function exposition(families: Iterable<Family>): string {
  let text = '';
  for (const family of families) text += familyText(family);
  return text;
}

function familyText(family: Family): string {
  const { name, help, type } = family;
  let lines = '';
  if (family.type === 'histogram') {
    for (const { labels, histogram } of family.samples) lines += histogramText(name, labels, histogram);
  } else {
    for (const { labels, value } of family.samples)
      if (value !== null) lines += `${name}${labelText(labels)} ${numberText(value)}\n`;
  }
  return lines === '' ? '' : `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${lines}`;
}

function histogramText(name: string, labels: Labels | undefined, histogram: Histogram): string {
  let text = '';
  let cumulated = 0;
  for (const [bucket, bound] of histogram.bounds.entries()) {
    cumulated += histogram.cells[bucket] as number;
    text += `${name}_bucket${labelText(labels, numberText(bound))} ${Math.round(cumulated)}\n`;
  }
  const count = Math.round(countOf(histogram));
  const shown = labelText(labels);
  text += `${name}_bucket${labelText(labels, '+Inf')} ${count}\n`;
  return `${text}${name}_sum${shown} ${numberText(sumOf(histogram))}\n${name}_count${shown} ${count}\n`;
}

/** `{model="digits",le="0.5"}`; empty without labels. */
function labelText(labels: Labels = {}, le?: string): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  if (le !== undefined) pairs.push(`le="${le}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

/**
 * A label value may be any text but for these three characters. A lone surrogate has no UTF-8, and
 * would make a scraper refuse the whole answer.
 */
function escapeLabel(value: string): string {
  return value
    .toWellFormed()
    .replace(/[\\"\n]/g, (character) => (character === '\n' ? String.raw`\n` : `\\${character}`));
}

function escapeHelp(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\\\n]/g, (character) => (character === '\n' ? String.raw`\n` : String.raw`\\`));
}
