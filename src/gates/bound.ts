import { isHeldByDouble } from '../core/text/numbers.ts';
import { quote } from '../core/text/quote.ts';
import type { StageName } from '../core/versions/reference.ts';
import { skipBlanks, take, takeQuoted, unexpected, type Comparator, type Scanner } from './scanner.ts';

/** Bytes in one unit. */
export const byteUnits = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
/** Milliseconds in one unit. */
export const timeUnits = { ns: 1e-6, us: 1e-3, ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3 };

export type ByteUnit = keyof typeof byteUnits;
export type TimeUnit = keyof typeof timeUnits;
export type Unit = ByteUnit | TimeUnit | '%';

/** A finite number as it was typed; `unit` null: without a unit. */
export interface Amount {
  value: number;
  unit: Unit | null;
}

/**
 * A number, or the value of a stage's holder with a shift; a `%` shift is a share of that value.
 */
export type Bound =
  | { kind: 'amount'; amount: Amount }
  | { kind: 'stage'; stage: StageName; shift: Shift | null };

export interface Shift {
  operator: '+' | '-' | '*';
  /** Not negative. */
  amount: Amount;
}

/** Checks an amount for this gate; returns undefined if it is valid, else what was expected. */
type AmountRequirement = (amount: Amount) => string | undefined;

export const requireNumber: AmountRequirement = ({ unit }) =>
  unit === null || unit === '%' ? undefined : 'a number without a unit (metrics have no units)';
export const requireTime: AmountRequirement = ({ value, unit }) =>
  unit !== null && Object.hasOwn(timeUnits, unit) && value >= 0
    ? undefined
    : 'a duration (for example 20ms or 30d)';
export const requireSize: AmountRequirement = ({ value, unit }) =>
  unit !== null && Object.hasOwn(byteUnits, unit) && value >= 0
    ? undefined
    : 'a size (for example 100MB or 2GiB)';

const number = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
/** Longer units first. */
const unit = /(?:KiB|MiB|GiB|kB|MB|GB|B|ns|us|\u00b5s|\u03bcs|ms|s|m|h|d|%)/y;

/** Parses a number with its unit. `signed`: it may be negative. */
export function parseAmount(scanner: Scanner, require: AmountRequirement, signed: boolean): Amount {
  skipBlanks(scanner);
  const start = scanner.at;
  const sign = signed ? take(scanner, /[+-]/y) : undefined;
  const digits = take(scanner, number);
  if (digits === undefined) {
    scanner.at = start;
    throw unexpected(scanner, require({ value: 1, unit: null }) ?? 'a number');
  }
  const written = take(scanner, unit);
  if (take(scanner, /[\w%\u00b5\u03bc.]/y) !== undefined) {
    scanner.at -= 1 + (written?.length ?? 0);
    throw unexpected(
      scanner,
      `a unit (${[...Object.keys(byteUnits), ...Object.keys(timeUnits), '%'].join(' ')})`,
    );
  }
  // Adding 0 turns -0 into 0.
  const value = Number(`${sign ?? ''}${digits}`) + 0;
  const amount = { value, unit: (written?.replace(/[\u00b5\u03bc]/, 'u') ?? null) as Unit | null };
  const expected = !Number.isFinite(value)
    ? 'a finite number'
    : isHeldByDouble(digits ?? '')
      ? require(amount)
      : 'a number that fits a double';
  if (expected === undefined) return amount;
  scanner.at = start;
  throw unexpected(scanner, expected);
}

/**
 * Parses a number, or a stage with a shift from its holder's value. `slowdown`: only a factor of at
 * least 1.
 */
export function parseBound(
  scanner: Scanner,
  declared: readonly StageName[],
  require: AmountRequirement,
  slowdown = false,
): Bound {
  skipBlanks(scanner);
  if (/[\d.+-]/.test(scanner.text[scanner.at] ?? ''))
    return { kind: 'amount', amount: parseAmount(scanner, require, require === requireNumber) };
  const stage = takeStage(scanner, declared, require);
  return { kind: 'stage', stage, shift: parseShift(scanner, slowdown ? requireSlowdown : require, slowdown) };
}

function requireSlowdown({ value, unit: written }: Amount): string | undefined {
  return written === null || written === '%'
    ? undefined
    : `a factor (for example 1.05 or 5%), not ${value}${written}`;
}

function parseShift(scanner: Scanner, require: AmountRequirement, slowdown: boolean): Shift | null {
  const start = scanner.at;
  skipBlanks(scanner);
  const operator = take(scanner, /[-+*]/y) as Shift['operator'] | undefined;
  if (operator === undefined) {
    scanner.at = start;
    return null;
  }
  const behind = scanner.at;
  // A factor needs no unit, and every gate allows a percentage of the holder's value.
  const amount = parseAmount(
    scanner,
    (one) => (one.unit === '%' || (operator === '*' && one.unit === null) ? undefined : require(one)),
    false,
  );
  if (!slowdown) return { operator, amount };
  const factor = amount.unit === '%' ? amount.value / 100 : amount.value;
  if (operator === '*' ? factor >= 1 : operator === '+' && amount.unit === '%') return { operator, amount };
  scanner.at = behind - 1;
  throw unexpected(scanner, 'a factor of at least 1 (for example *1.05 or +5%)');
}

/** What may follow the name of a stage. */
const boundary = /^(?:$|[\s,*+-])/;

function takeStage(scanner: Scanner, declared: readonly StageName[], require: AmountRequirement): StageName {
  const start = scanner.at;
  const quoted = takeQuoted(scanner);
  const rest = scanner.text.slice(start);
  const found = declared
    .filter((stage) =>
      quoted === undefined
        ? rest.startsWith(stage) && boundary.test(rest.slice(stage.length))
        : quoted === stage,
    )
    .toSorted((a, b) => b.length - a.length)[0];
  if (found !== undefined) {
    if (quoted === undefined) scanner.at += found.length;
    return found;
  }
  const word = quoted ?? /^[a-z][a-z0-9_-]*/i.exec(rest)?.[0];
  scanner.at = start;
  const amount = require({ value: 1, unit: null }) ?? 'a number';
  if (word === undefined) throw unexpected(scanner, `${amount} or a stage`);
  throw unexpected(
    scanner,
    `${amount} or a declared stage`,
    `unknown stage ${quote(word)}; declared stages: ${declared.join(', ')}`,
  );
}

export function formatAmount({ value, unit }: Amount): string {
  return `${value}${unit ?? ''}`;
}

/**
 * Writes a bound so that `parseBound` reads it back whatever other stages are declared:
 * `production-0.005`, but `production - 1`, which without the spaces would be the name of a stage.
 */
export function formatBound(bound: Bound): string {
  if (bound.kind === 'amount') return formatAmount(bound.amount);
  const stage = formatStage(bound.stage);
  if (bound.shift === null) return stage;
  const { operator, amount } = bound.shift;
  const text = formatAmount(amount);
  const spaced = operator === '-' && /^[a-z0-9_-]+$/.test(text);
  return spaced ? `${stage} - ${text}` : `${stage}${operator}${text}`;
}

function formatStage(stage: StageName): string {
  return /-\d/.test(stage) ? `"${stage}"` : stage;
}

/** Enough digits for any measurement, and few enough that binary rounding does not reach them. */
const soundDigits = 15;

/** In bytes, in milliseconds, or without a unit as it is; a percentage becomes a share of one. */
export function valueOf({ value, unit }: Amount): number {
  const factor =
    unit === null
      ? 1
      : unit === '%'
        ? 0.01
        : ({ ...byteUnits, ...timeUnits } as Record<string, number>)[unit];
  return rounded(value * (factor ?? 1));
}

/** Applies a gate's shift to a value: `-0.005`, `*1.05`, `+5%` (of the value's magnitude). */
export function shifted(value: number, shift: Shift | null): number {
  if (shift === null) return value;
  const by = valueOf(shift.amount);
  if (shift.operator === '*') return rounded(value * by);
  const step = shift.amount.unit === '%' ? Math.abs(value) * by : by;
  return rounded(shift.operator === '+' ? value + step : value - step);
}

/**
 * Compares numbers exactly. If `threshold` was calculated (`inexact`), compares both to 15 digits,
 * so that 0.9 is not below 0.905 - 0.005.
 */
export function holds(
  observed: number,
  comparator: Comparator,
  threshold: number,
  inexact: boolean,
): boolean {
  const value = inexact ? rounded(observed) : observed;
  switch (comparator) {
    case '>=':
      return value >= threshold;
    case '<=':
      return value <= threshold;
    case '>':
      return value > threshold;
    case '<':
      return value < threshold;
    case '=':
      return value === threshold;
    case '!=':
      return value !== threshold;
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(soundDigits));
}
