import { MlregError } from '../core/errors.ts';
import type { StageName } from '../core/events/stage.ts';
import type { Gate } from './gate-kind.ts';
import type { Grammar } from './grammar.ts';
import { parseBound, requireNumber } from './parse-bound.ts';
import { skipBlanks, take, takeComparator, takeQuoted, unexpected, type Scanner } from './scanner.ts';

/** Gates are typed by people, so a text is short. */
const longest = 2000;

/** The source of a text of gates, and the meaning of its words. */
export interface GateText<Evidence> {
  /** The text's name in errors: `--require`. */
  what: string;
  /** The declared stages. */
  declared: readonly StageName[];
  grammar: Grammar<Evidence>;
}

/**
 * Parses gates, joined by a comma or `and`:
 *
 *     gates  = gate {("," | "and") gate}
 *     gate   = metric compare (number | stage) | word …
 *     stage  = name [("+" | "-" | "*") number]
 *
 * The kind of a word says what follows it. Of the `declared` stages, the longest name that matches
 * is taken: `production-eu-0.005` is `production-eu` minus 0.005 if that stage exists. Metrics and
 * stages may be quoted; a metric that is named like a word of the grammar must be. INVALID_INPUT
 * names the position and what was expected there.
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

/** Takes a separator, if any: then another gate follows. */
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
