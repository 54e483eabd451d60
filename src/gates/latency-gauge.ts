import type { BenchSettings } from '../core/events/policy.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import type { Finding } from './evidence.ts';
import type { LatencyGate } from './gate.ts';

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

/** Measures now, on this machine, and answers each gate, in their order. */
export type LatencyGauge = (question: LatencyQuestion) => Promise<Finding[]>;
