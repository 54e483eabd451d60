import type { GateKind, PolicyKind, WordKind } from './gate-kind.ts';
import type { MetricTerms } from './kinds/metric.ts';

/** The kinds of gates that there are. `Evidence` is what all of them together are judged on. */
export interface GateKinds<Evidence> {
  /** What is no word of another kind. */
  metric: GateKind<MetricTerms, Evidence>;
  words: readonly WordKind<Evidence>[];
  /** In the order of their results. */
  policy: readonly PolicyKind<Evidence>[];
}

/** How the text of gates is read: by the words that there were in one version of the grammar. */
export interface Grammar<Evidence> {
  kinds: GateKinds<Evidence>;
  /** The kind of gate that a word begins; undefined: the word is a metric. */
  kindOf: (word: string) => WordKind<Evidence> | undefined;
  /** Whether a metric of that name is written in quotes, so that every version reads it. */
  isReserved: (word: string) => boolean;
}

/** Joins gates; in no version a metric. */
const joint = 'and';

/** The grammar of `version`: of a stored policy, that of its time; absent, today's. */
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

/** The version of the newest word: what is stored by a later one cannot be read here. */
export function latestGrammar({ words }: Pick<GateKinds<never>, 'words'>): number {
  return Math.max(1, ...words.map(({ since }) => since));
}
