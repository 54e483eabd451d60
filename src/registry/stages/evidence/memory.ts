import type { Finding } from '../../../gates/evidence.ts';

/**
 * Evidence of a promotion that does not depend on the stage's holder. It is gathered once, however
 * often the pointer moves meanwhile.
 */
export interface EvidenceMemory {
  /**
   * The finding stored under the key, else the one that `find` returns. A rejection is remembered
   * as well.
   */
  once(key: string, find: () => Promise<Finding>): Promise<Finding>;
  has(key: string): boolean;
  /** Forgets the findings from stored benches: there may be a newer bench. */
  forgetStored(): void;
  /** When measuring must end, by `performance.now()`. Set at the first measurement. */
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
