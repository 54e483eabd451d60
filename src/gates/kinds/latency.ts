import { statistics, type Statistic } from '../../core/measurements/bench.ts';
import type { BenchSettings } from '../../core/events/policy.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { type Bound, formatBound, parseBound, requireTime } from '../bound.ts';
import { stageIsEmpty, type Facts, type Finding } from '../evidence.ts';
import { wordKind, type Gate } from '../gate-kind.ts';
import { takeComparator } from '../scanner.ts';

/**
 * `p95<20ms`, `p50<=production*1.05`: the candidate's latency, measured when the gate is judged.
 */
export interface LatencyGate {
  statistic: Statistic;
  comparator: '<' | '<=';
  /** A time, or a stage with a factor of at least 1: see `allowedIncrease`. */
  bound: Bound;
}

export interface LatencyEvidence {
  /** Measures the candidate, and `holder` alongside if the gate compares with a stage. */
  latency: (gate: LatencyGate, holder: VersionRecord | null) => Promise<Finding>;
}

export const latency = wordKind<LatencyGate, Facts & LatencyEvidence>({
  kind: 'latency',
  words: statistics,
  since: 1,
  parse: (scanner, word, declared) => ({
    statistic: statistics.find((one) => one === word) ?? 'p50',
    comparator: takeComparator(scanner, ['<=', '<']),
    bound: parseBound(scanner, declared, requireTime, true),
  }),
  format: formatLatency,
  async judge(gate, evidence) {
    if (gate.bound.kind === 'amount') return evidence.latency(gate, null);
    const holder = await evidence.holder(gate.bound.stage);
    return holder === null
      ? stageIsEmpty(gate.bound.stage, formatBound(gate.bound), 'not measured')
      : evidence.latency(gate, holder);
  },
});

export function formatLatency({ statistic, comparator, bound }: LatencyGate): string {
  return `${statistic}${comparator}${formatBound(bound)}`;
}

/** The gates that one measurement can decide together: those that name a limit. */
export function latencyLimits(gates: readonly Pick<Gate<never>, 'kind' | 'terms'>[]): LatencyGate[] {
  return gates.map(latency.of).filter((gate) => gate?.bound.kind === 'amount') as LatencyGate[];
}

/**
 * How much slower than the stage's holder the gate allows: 0.05 is 5%. Only for a bound that names
 * a stage.
 */
export function allowedIncrease({ bound }: LatencyGate): number {
  if (bound.kind !== 'stage' || bound.shift === null) return 0;
  const { operator, amount } = bound.shift;
  const share = amount.unit === '%' ? amount.value / 100 : amount.value;
  // In binary, 1.05 - 1 is not exactly 0.05.
  return Number((operator === '*' ? share - 1 : share).toPrecision(12));
}

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
