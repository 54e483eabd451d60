import type { BenchSettings } from '../core/events/policy.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import type { LatencyGate } from './kinds/latency.ts';

/** One measurement, and the gates that it decides. */
export interface LatencyQuestion {
  candidate: VersionRecord;
  /** Measured alternately with the candidate; null: the gates name limits of their own. */
  holder: VersionRecord | null;
  /** Exactly one if there is a holder. */
  gates: LatencyGate[];
  settings: BenchSettings;
  /** A gate that is still undecided after this time is inconclusive. */
  timeoutMs: number;
  /** Whether the measurement may be stored with the candidate. */
  keep: boolean;
}
