import type { GateVerdict } from '../core/events/gate-result.ts';
import type { MetricAmendment } from '../core/metadata/metric-amendment.ts';
import type { StageName } from '../core/events/stage.ts';
import type { StagePointer, VersionRecord } from '../core/versions/version-record.ts';
import type { EventTime } from '../storage/events.ts';
import type { LatencyGate } from './gate.ts';

/** What a gate found; the texts of a `GateResult`. */
export interface Finding {
  verdict: GateVerdict;
  observed: string;
  threshold: string;
  reason: string;
  /** Only because a stage to compare with is empty could nothing be compared: see `whenEmpty`. */
  empty?: StageName;
  /** What to type next. */
  hint?: string;
  /** Found in a stored bench, which a later one may replace. */
  stored?: true;
}

/**
 * What gates are judged on. What takes time to find out is a function, called only by the gates that need it; how it finds out, and
 * what it remembers, is its own affair. A new kind of evidence (a scan, a signature) is a new function here.
 */
export interface Evidence {
  candidate: VersionRecord;
  /** The stage that the candidate is to be promoted to. */
  stage: StageName;
  /** Who promotes. */
  actor: string;
  /** Epoch milliseconds. */
  now: number;
  /** Where a stage of the candidate's model points. */
  pointer(stage: StageName): Promise<StagePointer>;
  /** When the pointer was moved there last. */
  movedAt(pointer: StagePointer): Promise<EventTime>;
  /** When the candidate was registered. */
  registeredAt(): Promise<EventTime>;
  /** The version that the pointer is at; null: nobody holds the stage. */
  holder(stage: StageName): Promise<VersionRecord | null>;
  /** Who approved the candidate for the stage. */
  approvals(): Promise<Approvals>;
  /** The last change of a metric of a version since its registration; undefined: it is as it was registered. */
  amendment(record: VersionRecord, metric: string): Promise<MetricAmendment | undefined>;
  /** Runs the candidate on its golden set. */
  golden(): Promise<Finding>;
  /** Measures the candidate, beside `holder` where the gate compares with a stage. */
  latency(gate: LatencyGate, holder: VersionRecord | null): Promise<Finding>;
}

export interface Approvals {
  /** Those who count. */
  actors: string[];
  /** Those who approved before `amended`, and not again, and their events. */
  outdated: { actor: string; event: number }[];
  /** The last change of a metric; null: there was none. */
  amended: MetricAmendment | null;
}

/** A comparison that cannot be made: it blocks. */
export function cannotTell(threshold: string, reason: string, observed = 'unknown'): Finding {
  return { verdict: 'inconclusive', observed, threshold, reason };
}
