import type { KeptIn } from './cache-setting.ts';
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

/** `warn` is told when the cache fails, and when it works again. Never rejects because of that. */
export async function openResponseCache(
  setting: KeptIn,
  warn: (warning: string) => void,
): Promise<ResponseCache> {
  const store = await openStore(setting, warn);
  return {
    around: ({ operators, ...version }) =>
      isRepeatable(operators) ? cachedInfer({ ...version, store }) : version.infer,
    stats: () => store.stats(),
    close: () => store.close(),
  };
}

async function openStore(setting: KeptIn, warn: (warning: string) => void): Promise<Store> {
  if (setting.kind === 'memory') return memoryStore(setting.limitBytes);
  const { redisStore } = await import('./redis-store.ts');
  return redisStore(setting, warn);
}
