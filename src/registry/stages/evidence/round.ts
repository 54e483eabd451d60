import { judgedActions } from '../../../core/events/event.ts';
import type { BenchSettings } from '../../../core/events/policy.ts';
import { goldenSetsOf } from '../../../core/versions/golden-sets.ts';
import type { ModelName } from '../../../core/versions/reference.ts';
import type { VersionRecord } from '../../../core/versions/version-record.ts';
import type { Version } from '../../../core/versions/version.ts';
import type { Finding } from '../../../gates/evidence.ts';
import type { Gate } from '../../../gates/gate-kind.ts';
import type { Evidence } from '../../../gates/gate-kinds.ts';
import type { Registry } from '../../registry.ts';
import type { VerifiedCopies } from '../../verified-copies.ts';

/** A version as it is now, and the last event that changed it. */
export interface AsJudged {
  record: VersionRecord;
  /** Sequence number of its last event among `judgedActions`. */
  event: number;
}

/**
 * Reads the event first: a change in between makes the judgement outdated, which is noticed, and
 * not wrong.
 */
export async function readAsJudged(
  registry: Registry,
  name: ModelName,
  version: Version,
): Promise<AsJudged | undefined> {
  const event = await lastJudgedEvent(registry, name, version);
  const record = await registry.metadata.version(name, version);
  return record && { record, event };
}

/** 0 if there is no such event: then the row is wrong. */
export async function lastJudgedEvent(
  { metadata }: Registry,
  model: ModelName,
  version: Version,
): Promise<number> {
  const [last] = await metadata.events({ model, version, actions: judgedActions, limit: 1 });
  return last?.seq ?? 0;
}

/** Whether golden sets of the version's own outputs alone are enough for the golden gate. */
export interface SelfMadeSets {
  allowed: boolean;
  /** The source of a policy that allows them, but cannot: it is not the registry's. */
  askedBy: string | null;
}

/** How latency gates measure. */
export interface Measuring {
  settings: BenchSettings;
  /** Which settings of a policy do not count, because it is not the registry's. */
  note: string | null;
}

/** One judgement of a promotion, as the providers of its evidence see it. */
export interface Round {
  registry: Registry;
  candidate: VersionRecord;
  /** All gates to be judged: one measurement may decide several. */
  gates: readonly Gate<Evidence>[];
  memory: EvidenceMemory;
  measuring: Measuring;
  self: SelfMadeSets;
  /** The greatest age of a saved comparison that counts, in milliseconds. */
  maxComparisonAgeMs: number;
  /** A dry run: nothing is stored. */
  dryRun: boolean;
  /** Where gates that run a model take it from. */
  copies: VerifiedCopies;
}

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

/** A key for what was found about the candidate with the golden sets that it has in this round. */
export function withSets({ candidate }: Round, key: string): string {
  return [key, ...goldenSetsOf(candidate).map(({ artifact }) => artifact.digest)].join(' ');
}
