import { MlregError } from '../core/errors.ts';
import type { GateResult } from '../core/events/gate-result.ts';
import type { PolicyStage, WhenEmpty } from '../core/events/policy.ts';
import type { StageName } from '../core/versions/reference.ts';
import { parseBound, requireNumber } from './bound.ts';
import type { Gate, Grammar } from './gate-kind.ts';
import { skipBlanks, take, takeComparator, takeQuoted, unexpected, type Scanner } from './scanner.ts';

/** A gate of a promotion, and its result if it compares with an empty stage. */
export interface Requirement<Evidence> {
  gate: Gate<Evidence>;
  whenEmpty: WhenEmpty;
}

/**
 * The requirements of one stage of a policy, those with their own keys first. INVALID_INPUT names
 * the place in `what`.
 */
export function policyRequirements<Evidence>(
  section: PolicyStage,
  { what, ...text }: GateText<Evidence>,
  unlessSaid: WhenEmpty,
): Requirement<Evidence>[] {
  const { require = [], whenEmpty = unlessSaid } = section;
  const keyed = text.grammar.kinds.policy.map((kind) => kind.read(section));
  const written = require.flatMap((gates, index) =>
    parseGates(gates, { ...text, what: `${what}.require[${index}]` }),
  );
  return [...keyed.filter((gate) => gate !== undefined), ...written].map((gate) => ({ gate, whenEmpty }));
}

/**
 * The oldest version of the grammar that parses these gates the same way. It is stored with a
 * policy.
 */
export function oldestGrammar(requirements: readonly Requirement<never>[]): number {
  return Math.max(1, ...requirements.map(({ gate }) => gate.since));
}

/** Drops repeated gates. */
export function withoutRepeats<Evidence>(
  requirements: readonly Requirement<Evidence>[],
): Requirement<Evidence>[] {
  const byText = new Map<string, Requirement<Evidence>>();
  for (const requirement of requirements) {
    const { text } = requirement.gate;
    const before = byText.get(text);
    // If the same gate is given twice, the stricter one counts.
    if (before === undefined || requirement.whenEmpty === 'block') byText.set(text, requirement);
  }
  return [...byText.values()];
}

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
  const found = quoted === undefined ? kindOf(word) : undefined;
  if (found !== undefined) {
    scanner.at = start + found.begin.length;
    return found.kind.read(scanner, found.begin, declared);
  }
  const name = quoted ?? word.replace(/^metrics?\.(?=.)/, '');
  const comparator = takeComparator(scanner, ['>=', '<=', '>', '<', '=', '!=']);
  return kinds.metric.gate(
    { name, comparator, bound: parseBound(scanner, declared, requireNumber) },
    isReserved,
  );
}

export interface Judgement {
  result: GateResult;
  /** The command to run next if it does not pass. */
  hint?: string;
}

/**
 * Judges one requirement. What cannot be determined is `inconclusive`. Rejects only with the errors
 * of the evidence.
 */
export async function judgeRequirement<Evidence>(
  { gate, whenEmpty }: Requirement<Evidence>,
  evidence: Evidence,
): Promise<Judgement> {
  const { empty, hint, stored: _stored, ...finding } = await gate.judge(evidence);
  const named = { gate: gate.text, kind: gate.kind };
  if (empty === undefined || whenEmpty === 'block')
    return { result: { ...named, ...finding }, ...(hint === undefined ? {} : { hint }) };
  const reason = `${empty} is empty, so this gate passes (when empty: pass)`;
  return { result: { ...named, ...finding, verdict: 'pass', reason } };
}
