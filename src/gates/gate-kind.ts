import type { PolicyStage } from '../core/events/policy.ts';
import type { StageName } from '../core/versions/reference.ts';
import type { Finding } from './evidence.ts';
import type { MetricTerms } from './kinds/metric.ts';
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
  /**
   * The words that begin its gates. One that ends in a dot or a parenthesis begins a longer word:
   * `eval.` is in `eval.accuracy`. A metric that begins like this must be quoted.
   */
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

/** All kinds of gates. `Evidence` is what they are judged by, all together. */
export interface GateKinds<Evidence> {
  /** Any word that begins no other kind. */
  metric: GateKind<MetricTerms, Evidence>;
  words: readonly WordKind<Evidence>[];
  /** In the order in which results list them. */
  policy: readonly PolicyKind<Evidence>[];
}

/** How the text of gates is parsed: by the words of one version of the grammar. */
export interface Grammar<Evidence> {
  kinds: GateKinds<Evidence>;
  /**
   * The kind of gate that a word begins, and which part of the word begins it; undefined: the word
   * is a metric.
   */
  kindOf: (word: string) => { kind: WordKind<Evidence>; begin: string } | undefined;
  /** Whether a metric with this name is written in quotes, so that every version parses it. */
  isReserved: (word: string) => boolean;
}

/** Joins gates; it is not a metric in any version. */
const joint = 'and';

/**
 * The grammar of `version`: for a stored policy, the version it was stored with; absent: today's.
 */
export function grammarOf<Evidence>(kinds: GateKinds<Evidence>, version = Infinity): Grammar<Evidence> {
  const all = new Map(kinds.words.flatMap((kind) => kind.words.map((word) => [word, kind] as const)));
  return {
    kinds,
    kindOf(word) {
      const begin = beginOf(word, all);
      const kind = all.get(begin);
      return kind !== undefined && kind.since <= version ? { kind, begin } : undefined;
    },
    isReserved: (word) => word === joint || all.has(beginOf(word, all)),
  };
}

/** The word itself, or its part up to the first dot or parenthesis if that is a word of a kind. */
function beginOf(word: string, all: ReadonlyMap<string, unknown>): string {
  const begin = /^[a-z]+[.(]/.exec(word)?.[0];
  return begin !== undefined && all.has(begin) ? begin : word;
}

/** The version of the newest word. A policy stored with a later version cannot be parsed here. */
export function latestGrammar({ words }: Pick<GateKinds<never>, 'words'>): number {
  return Math.max(1, ...words.map(({ since }) => since));
}
