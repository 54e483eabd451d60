import { MlregError } from '../core/errors.ts';
import type { StageName } from '../core/events/stage.ts';
import { reserved } from './format-gate.ts';
import { comparators, statistics, type Comparator, type Gate, type Ordering } from './gate.ts';
import { parseAmount, parseBound, requireNumber, requireSize, requireTime } from './parse-bound.ts';
import { skipBlanks, take, takeQuoted, unexpected, type Scanner } from './scanner.ts';

/** A text of gates is typed by people. */
const longest = 2000;

/**
 * Parses gates, joined by a comma or `and`:
 *
 *     gates  = gate {("," | "and") gate}
 *     gate   = metric compare (number | stage) | ("size" | "age" | "p50" | "p90" | "p95" | "p99") compare …
 *            | "approvals>=" N | "signature=compatible" | "golden" | "data"
 *     stage  = name [("+" | "-" | "*") number]
 *
 * Of the `declared` stages the longest that stands there is meant: `production-eu-0.005` is `production-eu` less 0.005 where there is
 * such a stage. Metrics and stages may stand in quotes; the words above are metrics only so. `what` is where the text is from.
 * INVALID_INPUT names the place and what was expected there.
 */
export function parseGates(text: string, declared: readonly StageName[], what: string): Gate[] {
  if (text.length > longest) {
    throw new MlregError('INVALID_INPUT', `${what} has ${text.length} characters; the limit is ${longest}`, {
      hint: 'split it into several, each with fewer gates',
    });
  }
  const scanner: Scanner = { what, text, at: 0 };
  const gates: Gate[] = [];
  do gates.push(parseGate(scanner, declared));
  while (takeSeparator(scanner));
  return gates;
}

/** Whether another gate follows. */
function takeSeparator(scanner: Scanner): boolean {
  skipBlanks(scanner);
  if (scanner.at === scanner.text.length) return false;
  if (take(scanner, /,|and(?=\s)/iy) !== undefined) return true;
  throw unexpected(scanner, 'a comma, "and" or the end');
}

function parseGate(scanner: Scanner, declared: readonly StageName[]): Gate {
  skipBlanks(scanner);
  const start = scanner.at;
  const quoted = takeQuoted(scanner);
  const word = quoted ?? take(scanner, /[^\s<>=!"',]+/y);
  if (word === undefined || word === '' || (quoted === undefined && word.toLowerCase() === 'and')) {
    scanner.at = start;
    throw unexpected(scanner, 'a gate');
  }
  if (quoted !== undefined || !reserved.has(word)) {
    const name = quoted ?? word.replace(/^metrics?\.(?=.)/, '');
    const comparator = takeComparator(scanner, ['>=', '<=', '>', '<', '=', '!=']);
    return { kind: 'metric', name, comparator, bound: parseBound(scanner, declared, requireNumber) };
  }
  return parseReserved(scanner, word, declared);
}

const orderings: Ordering[] = ['>=', '<=', '>', '<'];

function parseReserved(scanner: Scanner, word: string, declared: readonly StageName[]): Gate {
  const statistic = statistics.find((name) => name === word);
  if (statistic !== undefined) {
    const comparator = takeComparator(scanner, ['<=', '<']);
    const bound = parseBound(scanner, declared, requireTime, true);
    return { kind: 'latency', statistic, comparator, bound };
  }
  switch (word) {
    case 'size': {
      const comparator = takeComparator(scanner, orderings);
      return { kind: 'size', comparator, bound: parseBound(scanner, declared, requireSize) };
    }
    case 'age': {
      const comparator = takeComparator(scanner, orderings);
      return { kind: 'age', comparator, amount: parseAmount(scanner, requireTime, false) };
    }
    case 'approvals':
      takeComparator(scanner, ['>=']);
      return { kind: 'approvals', count: takeCount(scanner) };
    case 'signature':
      takeComparator(scanner, ['=']);
      skipBlanks(scanner);
      if (take(scanner, /compatible(?![\w-])/y) === undefined) throw unexpected(scanner, '"compatible"');
      return { kind: 'signature' };
    default:
      return { kind: word === 'golden' ? 'golden' : 'data' };
  }
}

function takeComparator<Allowed extends Comparator>(scanner: Scanner, allowed: readonly Allowed[]): Allowed {
  skipBlanks(scanner);
  const start = scanner.at;
  const written = comparators.find((one) => scanner.text.startsWith(one, scanner.at));
  const found = allowed.find((one) => one === (written === '==' ? '=' : written));
  if (found !== undefined && written !== undefined) {
    scanner.at += written.length;
    return found;
  }
  scanner.at = start;
  throw unexpected(scanner, allowed.length === 1 ? `"${allowed[0]}"` : `one of ${allowed.join(' ')}`);
}

function takeCount(scanner: Scanner): number {
  skipBlanks(scanner);
  const start = scanner.at;
  const count = Number(take(scanner, /\d{1,4}(?![\w.%])/y) ?? Number.NaN);
  if (count >= 1) return count;
  scanner.at = start;
  throw unexpected(scanner, 'an integer of at least 1');
}
