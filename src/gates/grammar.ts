import type { GateKind, PolicyKind, WordKind } from './gate-kind.ts';
import type { MetricTerms } from './kinds/metric.ts';

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
  /** The kind of gate that a word begins; undefined: the word is a metric. */
  kindOf: (word: string) => WordKind<Evidence> | undefined;
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
      const kind = all.get(word);
      return kind !== undefined && kind.since <= version ? kind : undefined;
    },
    isReserved: (word) => word === joint || all.has(word),
  };
}

/** The version of the newest word. A policy stored with a later version cannot be parsed here. */
export function latestGrammar({ words }: Pick<GateKinds<never>, 'words'>): number {
  return Math.max(1, ...words.map(({ since }) => since));
}
