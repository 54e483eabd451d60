import { MlregError } from '../core/errors.ts';
import type { StageName } from '../core/events/stage.ts';
import type { Gate } from './gate-kind.ts';
import type { Grammar } from './grammar.ts';
import { parseBound, requireNumber } from './parse-bound.ts';
import { skipBlanks, take, takeComparator, takeQuoted, unexpected, type Scanner } from './scanner.ts';

/** A text of gates is typed by people. */
const longest = 2000;

/** Where a text of gates is from, and what its words mean. */
export interface GateText<Evidence> {
  /** Names the text in errors: `--require`. */
  what: string;
  /** The stages that there are. */
  declared: readonly StageName[];
  grammar: Grammar<Evidence>;
}

/**
 * Parses gates, joined by a comma or `and`:
 *
 *     gates  = gate {("," | "and") gate}
 * gate   = metric compare (number | stage) | word …, where the kind of the word says what follows
 *     stage  = name [("+" | "-" | "*") number]
 *
 * Of the `declared` stages the longest that stands there is meant: `production-eu-0.005` is
 * `production-eu` less 0.005 where there is such a stage. Metrics and stages may stand in quotes;
 * the words of the grammar are metrics only so. INVALID_INPUT names the place and what was expected
 * there.
 */
export function parseGates<Evidence>(
  text: string,
  { what, declared, grammar }: GateText<Evidence>,
): Gate<Evidence>[] {
  if (text.length > longest) {
    throw new MlregError('INVALID_INPUT', `${what} has ${text.length} characters; the limit is ${longest}`, {
      hint: 'split it into several, each with fewer gates',
    });
  }
  const scanner: Scanner = { what, text, at: 0 };
  const gates: Gate<Evidence>[] = [];
  do gates.push(parseGate(scanner, declared, grammar));
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

function parseGate<Evidence>(
  scanner: Scanner,
  declared: readonly StageName[],
  { kinds, kindOf, isReserved }: Grammar<Evidence>,
): Gate<Evidence> {
  skipBlanks(scanner);
  const start = scanner.at;
  const quoted = takeQuoted(scanner);
  const word = quoted ?? take(scanner, /[^\s<>=!"',]+/y);
  if (word === undefined || word === '' || (quoted === undefined && word.toLowerCase() === 'and')) {
    scanner.at = start;
    throw unexpected(scanner, 'a gate');
  }
  const kind = quoted === undefined ? kindOf(word) : undefined;
  if (kind !== undefined) return kind.read(scanner, word, declared);
  const name = quoted ?? word.replace(/^metrics?\.(?=.)/, '');
  const comparator = takeComparator(scanner, ['>=', '<=', '>', '<', '=', '!=']);
  return kinds.metric.gate(
    { name, comparator, bound: parseBound(scanner, declared, requireNumber) },
    isReserved,
  );
}
