import { decimal } from '../../core/text/numbers.ts';
import type { CollectedOutput } from '../../predict/collected-rows.ts';

/** How the labels of a model are written: that is how targets are read. */
export type LabelStyle = 'number' | 'boolean' | 'text';

const yes = /^(?:true|t|yes|1(?:\.0*)?)$/i;
const no = /^(?:false|f|no|0(?:\.0*)?)$/i;

/**
 * A label in the one way in which it is compared and shown: with numbers, `1.0` and `01` are `1`
 * and `true` is `1`; with booleans, `1` is `true`; a text is left as it is, and so is what does not
 * read as a label of the style.
 */
export function canonicalLabel(text: string, style: LabelStyle): string {
  const word = text.trim();
  if (style === 'boolean') return yes.test(word) ? 'true' : no.test(word) ? 'false' : text;
  if (style === 'text') return text;
  if (/^[+-]?\d+$/.test(word)) return String(BigInt(word.replace(/^\+/, '')));
  if (decimal.test(word)) {
    const value = Number(word);
    return Number.isSafeInteger(value) ? String(value + 0) : String(value);
  }
  return /^true$/i.test(word) ? '1' : /^false$/i.test(word) ? '0' : text;
}

/** The style of a model's labels; without any, that of the targets. */
export function labelStyle(
  label: CollectedOutput | null,
  names: readonly string[] | null,
  targets: readonly string[],
): LabelStyle {
  if (label !== null && label.dtype !== 'string') return label.dtype === 'bool' ? 'boolean' : 'number';
  const own = label === null ? (names ?? []) : [...new Set(label.data as string[]), ...(names ?? [])];
  const all = [...own, ...targets].map((text) => text.trim());
  if (all.every((text) => decimal.test(text))) return 'number';
  return own.length === 0 && all.every((text) => /^(?:true|false)$/i.test(text)) ? 'boolean' : 'text';
}

/** Numbers by their value and before texts, texts by code units, as NumPy sorts ASCII. */
export function inLabelOrder(labels: Iterable<string>): string[] {
  return [...new Set(labels)].toSorted((a, b) => {
    const [one, other] = [Number(a), Number(b)];
    if (isNumber(a) && isNumber(b)) return one - other || (a < b ? -1 : 1);
    if (isNumber(a) !== isNumber(b)) return isNumber(a) ? -1 : 1;
    return a < b ? -1 : a > b ? 1 : 0;
  });
}

/** A label as JSON has it: whole numbers and booleans as such. */
export function labelValue(label: string, style: LabelStyle): string | number | boolean {
  if (style === 'boolean' && (label === 'true' || label === 'false')) return label === 'true';
  const value = Number(label);
  return style === 'number' && decimal.test(label) && String(value) === label ? value : label;
}

function isNumber(text: string): boolean {
  return decimal.test(text);
}
