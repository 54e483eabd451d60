import type { PolicyStage } from '../core/events/policy.ts';
import type { StageName } from '../core/events/stage.ts';
import type { Finding } from './evidence.ts';
import type { Scanner } from './scanner.ts';

/** One parsed condition of a promotion. `Evidence` is what it is judged by. */
export interface Gate<Evidence> {
  /** The name of its kind. */
  kind: string;
  /** The first version of the grammar that parses it this way: see `WordKind.since`. */
  since: number;
  /** Its text: two gates with the same text are the same gate. */
  text: string;
  /** What it requires, in the form of its kind: see `GateKind.of`. */
  terms: unknown;
  judge: (evidence: Evidence) => Finding | Promise<Finding>;
}

/** What all kinds of gates have in common. */
export interface GateKind<Terms, Evidence> {
  /** Its name, also in the JSON of results. */
  kind: string;
  /**
   * `isReserved`: whether a word begins another kind of gate, so that a metric with this name needs
   * quotes.
   */
  gate: (terms: Terms, isReserved?: (word: string) => boolean) => Gate<Evidence>;
  /** The terms of a gate of this kind; undefined for a gate of another kind. */
  of: (gate: Pick<Gate<never>, 'kind' | 'terms'>) => Terms | undefined;
}

/** A kind whose gates are written as text that begins with a word: `size<100MB`, `golden`. */
export interface WordKind<Evidence> {
  kind: string;
  /** The words that begin its gates. A metric with one of these names must be quoted. */
  words: readonly string[];
  /**
   * The version of the grammar that introduced its words. In policies stored by earlier versions
   * these words are still metrics.
   */
  since: number;
  /** Parses what follows the word. INVALID_INPUT as in `unexpected`. */
  read: (scanner: Scanner, word: string, declared: readonly StageName[]) => Gate<Evidence>;
}

/** A kind with its own key in a policy. */
export interface PolicyKind<Evidence> {
  kind: string;
  /** Undefined if the policy does not have the key. */
  read: (section: PolicyStage) => Gate<Evidence> | undefined;
}

interface Shared<Terms, Evidence> {
  kind: string;
  /** The text of a gate. `parse`, if the kind has it, must read it back. */
  format: (terms: Terms, isReserved: (word: string) => boolean) => string;
  /** What cannot be determined is `inconclusive`. Rejects only with the errors of the evidence. */
  judge: (terms: Terms, evidence: Evidence) => Finding | Promise<Finding>;
}

export function gateKind<Terms, Evidence>(
  { kind, format, judge }: Shared<Terms, Evidence>,
  since = 1,
): GateKind<Terms, Evidence> {
  return {
    kind,
    gate: (terms, isReserved = () => false) => ({
      kind,
      since,
      text: format(terms, isReserved),
      terms,
      judge: (evidence) => judge(terms, evidence),
    }),
    // Only this function makes gates of this kind.
    of: (gate) => (gate.kind === kind ? (gate.terms as Terms) : undefined),
  };
}

export function wordKind<Terms, Evidence>(
  declaration: Shared<Terms, Evidence> & {
    words: readonly string[];
    since: number;
    /** Parses what follows the word; reads nothing if the word is the whole gate. */
    parse: (scanner: Scanner, word: string, declared: readonly StageName[]) => Terms;
  },
): GateKind<Terms, Evidence> & WordKind<Evidence> {
  const { words, since, parse } = declaration;
  const kind = gateKind(declaration, since);
  return {
    ...kind,
    words,
    since,
    read: (scanner, word, declared) => kind.gate(parse(scanner, word, declared)),
  };
}

export function policyKind<Terms, Evidence>(
  declaration: Shared<Terms, Evidence> & { ofPolicy: (section: PolicyStage) => Terms | undefined },
): GateKind<Terms, Evidence> & PolicyKind<Evidence> {
  const kind = gateKind(declaration);
  return {
    ...kind,
    read(section) {
      const terms = declaration.ofPolicy(section);
      return terms === undefined ? undefined : kind.gate(terms);
    },
  };
}
