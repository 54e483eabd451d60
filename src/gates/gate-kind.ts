import type { PolicyStage } from '../core/events/policy.ts';
import type { StageName } from '../core/events/stage.ts';
import type { Finding } from './evidence.ts';
import type { Scanner } from './scanner.ts';

/** One condition of a promotion, as it was read. `Evidence` is what it is judged on. */
export interface Gate<Evidence> {
  /** The name of its kind. */
  kind: string;
  /** The version of the grammar from which on it is read so: see `WordKind.since`. */
  since: number;
  /** As it is written: two gates with one text are one. */
  text: string;
  /** What it asks for, in the form of its kind: see `GateKind.of`. */
  terms: unknown;
  judge: (evidence: Evidence) => Finding | Promise<Finding>;
}

/** What all kinds have in common. */
export interface GateKind<Terms, Evidence> {
  /** Its name, in the JSON of results, too. */
  kind: string;
  /**
   * `isReserved`: whether a word begins another gate, so that a metric of that name needs quotes.
   */
  gate: (terms: Terms, isReserved?: (word: string) => boolean) => Gate<Evidence>;
  /** The terms of a gate of this kind; undefined for one of another. */
  of: (gate: Pick<Gate<never>, 'kind' | 'terms'>) => Terms | undefined;
}

/** A kind whose gates stand in a text and begin with a word: `size<100MB`, `golden`. */
export interface WordKind<Evidence> {
  kind: string;
  /** The words that begin its gates. A metric of such a name must stand in quotes. */
  words: readonly string[];
  /**
   * The version of the grammar in which its words appeared: stored policies of earlier ones keep
   * them as metrics.
   */
  since: number;
  /** Reads what stands behind the word. INVALID_INPUT as `unexpected`. */
  read: (scanner: Scanner, word: string, declared: readonly StageName[]) => Gate<Evidence>;
}

/** A kind that has a key of its own in a policy. */
export interface PolicyKind<Evidence> {
  kind: string;
  /** Undefined where the policy does not ask for it. */
  read: (section: PolicyStage) => Gate<Evidence> | undefined;
}

interface Shared<Terms, Evidence> {
  kind: string;
  /** As it is read again: by `parse`, where it has one. */
  format: (terms: Terms, isReserved: (word: string) => boolean) => string;
  /** What cannot be found out is `inconclusive`; rejections are those of the evidence. */
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
    // A gate of this kind is made here alone.
    of: (gate) => (gate.kind === kind ? (gate.terms as Terms) : undefined),
  };
}

export function wordKind<Terms, Evidence>(
  declaration: Shared<Terms, Evidence> & {
    words: readonly string[];
    since: number;
    /** Reads what stands behind the word: nothing, where it is all there is. */
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
