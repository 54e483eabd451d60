import { isHeldByDouble } from '../core/text/decimals.ts';
import { quote } from '../core/text/quote.ts';
import type { StageName } from '../core/events/stage.ts';
import { byteUnits, timeUnits, type Amount, type Bound, type Shift, type Unit } from './bound.ts';
import { skipBlanks, take, takeQuoted, unexpected, type Scanner } from './scanner.ts';

/** Checks an amount for this gate; returns undefined if it is valid, else what was expected. */
type Requirement = (amount: Amount) => string | undefined;

export const requireNumber: Requirement = ({ unit }) =>
  unit === null || unit === '%' ? undefined : 'a number without a unit (metrics have no units)';
export const requireTime: Requirement = ({ value, unit }) =>
  unit !== null && Object.hasOwn(timeUnits, unit) && value >= 0
    ? undefined
    : 'a duration (for example 20ms or 30d)';
export const requireSize: Requirement = ({ value, unit }) =>
  unit !== null && Object.hasOwn(byteUnits, unit) && value >= 0
    ? undefined
    : 'a size (for example 100MB or 2GiB)';

const number = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
/** Longer units first. */
const unit = /(?:KiB|MiB|GiB|kB|MB|GB|B|ns|us|\u00b5s|\u03bcs|ms|s|m|h|d|%)/y;

/** Parses a number with its unit. `signed`: it may be negative. */
export function parseAmount(scanner: Scanner, require: Requirement, signed: boolean): Amount {
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
  require: Requirement,
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

function parseShift(scanner: Scanner, require: Requirement, slowdown: boolean): Shift | null {
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

function takeStage(scanner: Scanner, declared: readonly StageName[], require: Requirement): StageName {
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
