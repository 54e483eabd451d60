import type { CacheSetting } from './cache-setting.ts';
import { cachedInfer, isRepeatable, type CachedOptions, type Infer } from './cached-infer.ts';
import { memoryStore } from './memory-store.ts';
import type { Store, StoreStats } from './store.ts';

/** Answers of all versions of a server. */
export interface ResponseCache {
  /** `infer`, answering from the cache where it can. A model that draws random numbers is left as it is. */
  around(version: Omit<CachedOptions, 'store'> & { operators: Readonly<Record<string, number>> }): Infer;
  stats(): StoreStats;
  close(): Promise<void>;
}

export function openResponseCache(setting: Exclude<CacheSetting, { kind: 'off' }>): ResponseCache {
  const store: Store = memoryStore(setting.limitBytes);
  return {
    around: ({ operators, ...version }) =>
      isRepeatable(operators) ? cachedInfer({ ...version, store }) : version.infer,
    stats: () => store.stats(),
    close: () => store.close(),
  };
}
