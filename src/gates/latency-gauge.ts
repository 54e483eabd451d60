import type { BenchSettings } from '../core/events/policy.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import type { LatencyGate } from './kinds/latency.ts';

/** One measurement, and the gates that it is to decide. */
export interface LatencyQuestion {
  candidate: VersionRecord;
  /** Measured in turns with the candidate; null: the gates name limits of their own. */
  holder: VersionRecord | null;
  /** With a holder, one. */
  gates: LatencyGate[];
  settings: BenchSettings;
  /** What is not decided after so long is inconclusive. */
  timeoutMs: number;
  /** Whether the measurement may be kept with the candidate. */
  keep: boolean;
}
