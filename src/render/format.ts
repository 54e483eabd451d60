import { shortDigest } from '../core/versions/artifact.ts';
import { escapeText } from '../core/text/quote.ts';
import { digitsThatTell, shownNumber, shownResult } from '../core/text/numbers.ts';
import { formatValueType } from '../core/versions/signature-change.ts';
import type { ValueInfo } from '../core/versions/signature.ts';

/** `2026-03-01T12:00:00.000Z` */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

const steps: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

const dayMs = 24 * 3600e3;

/**
 * `3 hours ago`; a time that is days ahead, from a wrong clock, is shown in full:
 * `2030-01-01T00:00Z`.
 */
export function relativeTime(epochMs: number, now: number): string {
  if (epochMs > now + dayMs) return `${isoTime(epochMs).slice(0, 16)}Z`;
  const seconds = (epochMs - now) / 1000;
  const step = steps.find(([, size]) => Math.abs(seconds) >= size);
  if (step === undefined) return 'just now';
  return new Intl.RelativeTimeFormat('en').format(Math.trunc(seconds / step[1]), step[0]);
}

/** Bytes in units of 1000: `9.8 kB`. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = count;
  let unit = 0;
  // A value that would round to 1000 of a unit is 1 of the next.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}

/** `0.9759`: a number for comparison. */
export function number(value: number, digits = 4): string {
  return shownNumber(value, digits);
}

/** The format for the numbers of a column, so that different numbers look different. */
export function columnNumber(values: readonly number[], exact = false): (value: number) => string {
  const digits = digitsThatTell(values, 4, exact);
  return (value) => shownNumber(value, digits);
}

/** Milliseconds in a suitable unit: `25.8 µs`. */
export function latency(ms: number): string {
  if (ms >= 1000) return `${shownResult(ms / 1000, 3)} s`;
  return ms >= 1 ? `${shownResult(ms, 3)} ms` : `${shownResult(ms * 1000, 3)} µs`;
}

/** A rate, as an integer from the thousands on: `30,732`, `0.4`. */
export function perSecond(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : shownResult(value, 3);
}

/** A short form of a SHA-256, such as that of data; any other text unchanged. */
export function shortHash(hash: string): string {
  return /^sha256:[0-9a-f]{64}$/.test(hash) ? shortDigest(hash) : hash;
}

/** `1 file`, `2,000 files`; give a plural that is not formed with -s. */
export function counted(count: number, one: string, many?: string): string {
  return `${count.toLocaleString('en')} ${plural(count, one, many)}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many;
}

/** `X float32[batch,64]` */
export function valueInfo(info: ValueInfo): string {
  return `${escapeText(info.name)} ${formatValueType(info)}${info.hasDefault ? ' (optional)' : ''}`;
}

/** `auc=0.93 rmse=4.1`, the first few; `shown` formats the numbers. */
export function pairs(
  record: Record<string, unknown>,
  most = 4,
  shown: (value: number) => string = number,
): string {
  const entries = Object.entries(record);
  const first = entries
    .slice(0, most)
    .map(
      ([key, value]) =>
        `${escapeText(key)}=${typeof value === 'number' ? shown(value) : escapeText(String(value))}`,
    );
  return [...first, ...(entries.length > most ? [`+${entries.length - most}`] : [])].join(' ');
}

/**
 * Lines of `label  value`, with aligned labels and wrapped values; rows without a value are
 * omitted.
 */
export function facts(
  rows: [label: string, value: string | undefined][],
  dim: (text: string) => string,
  columns = Infinity,
): string {
  const present = rows.filter((row): row is [string, string] => row[1] !== undefined && row[1] !== '');
  const width = Math.max(...present.map(([label]) => label.length));
  const indent = ' '.repeat(width + 4);
  return present
    .map(([label, value]) => {
      const lines = value.split('\n').flatMap((line) => wrapped(line, columns - indent.length));
      return `  ${dim(label.padEnd(width))}  ${lines.join(`\n${indent}`)}`;
    })
    .join('\n');
}

/**
 * Lines of at most `width` characters, broken between words; a longer word, such as a digest, is
 * not broken.
 */
export function wrapped(line: string, width: number): string[] {
  const lines = [''];
  for (const word of line.split(/(?<=\s)(?=\S)/)) {
    const last = lines.at(-1) ?? '';
    if (last === '' || last.length + word.trimEnd().length <= width) lines[lines.length - 1] = last + word;
    else lines.push(word);
  }
  return lines.map((text) => text.trimEnd());
}

/**
 * `text` wrapped to `width`, with its first line after `lead` and the others aligned below it;
 * `drawn` styles each line.
 */
export function hanging(
  lead: string,
  leadWidth: number,
  text: string,
  width: number,
  drawn: (line: string) => string = (line) => line,
): string {
  return wrapped(text, width - leadWidth)
    .map((line, index) => `${index === 0 ? lead : ' '.repeat(leadWidth)}${drawn(line)}`)
    .join('\n');
}
