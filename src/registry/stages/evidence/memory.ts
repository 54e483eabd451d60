import type { Finding } from '../../../gates/evidence.ts';

/**
 * What of a promotion's evidence does not depend on who holds the stage: it is found out once,
 * however often the pointer moves meanwhile.
 */
export interface EvidenceMemory {
  /** What was found under the key, else what `find` finds. A rejection is remembered, too. */
  once(key: string, find: () => Promise<Finding>): Promise<Finding>;
  has(key: string): boolean;
  /** Forgets what a stored benchmark gave: there may be a later one. */
  forgetStored(): void;
  /** When measuring must be over, by `performance.now()`: from the first measurement on. */
  measuredUntil?: number;
}

export function rememberNothing(): EvidenceMemory {
  const findings = new Map<string, Promise<Finding>>();
  const ofStored = new Set<string>();
  return {
    async once(key, find) {
      const found = findings.get(key) ?? find();
      findings.set(key, found);
      const { stored, ...finding } = await found;
      if (stored === true) ofStored.add(key);
      return finding;
    },
    has: (key) => findings.has(key),
    forgetStored() {
      for (const key of ofStored) findings.delete(key);
      ofStored.clear();
    },
  };
}
