import type { StageName } from '../core/events/stage.ts';

export const comparators = ['>=', '<=', '==', '!=', '=', '>', '<'] as const;
/** `==` is written `=`. */
export type Comparator = Exclude<(typeof comparators)[number], '=='>;

/** Bytes in one of each. */
export const byteUnits = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
/** Milliseconds in one of each. */
export const timeUnits = { ns: 1e-6, us: 1e-3, ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3 };

export type ByteUnit = keyof typeof byteUnits;
export type TimeUnit = keyof typeof timeUnits;
export type Unit = ByteUnit | TimeUnit | '%';

/** A finite number as it is written; `unit` null: a bare number. */
export interface Amount {
  value: number;
  unit: Unit | null;
}

/** A number, or what the holder of a stage has, shifted: a share of it where the unit is `%`. */
export type Bound =
  | { kind: 'amount'; amount: Amount }
  | { kind: 'stage'; stage: StageName; shift: Shift | null };

export interface Shift {
  operator: '+' | '-' | '*';
  /** Not negative. */
  amount: Amount;
}

export const statistics = ['p50', 'p90', 'p95', 'p99'] as const;
export type LatencyStatistic = (typeof statistics)[number];

/** The latency of the candidate, measured when the gate is judged. */
export interface LatencyGate {
  kind: 'latency';
  statistic: LatencyStatistic;
  comparator: '<' | '<=';
  /** An amount of time, or a stage with a factor of at least 1: see `allowedIncrease`. */
  bound: Bound;
}

export interface MetricGate {
  kind: 'metric';
  name: string;
  comparator: Comparator;
  /** An amount without a unit, or in `%`. */
  bound: Bound;
}

export interface SizeGate {
  kind: 'size';
  comparator: Ordering;
  bound: Bound;
}

export type Ordering = '>=' | '<=' | '>' | '<';

/** One condition, as the grammar of parse-gates.ts reads it. */
export type Gate =
  | MetricGate
  | SizeGate
  | LatencyGate
  /** Since its registration. */
  | { kind: 'age'; comparator: Ordering; amount: Amount }
  /** Actors that approved the version for the stage, other than who registered it. */
  | { kind: 'approvals'; count: number }
  /** No input or output that callers of the stage's holder use was changed. */
  | { kind: 'signature' }
  /** The golden set that was registered with it passes now. */
  | { kind: 'golden' }
  /** The hash of its training data is recorded. */
  | { kind: 'data' };

/** How much slower than the stage's holder a latency gate allows: 0.05 is 5%. Only for a bound that is a stage. */
export function allowedIncrease({ bound }: LatencyGate): number {
  if (bound.kind !== 'stage' || bound.shift === null) return 0;
  const { operator, amount } = bound.shift;
  const share = amount.unit === '%' ? amount.value / 100 : amount.value;
  // 1.05 - 1 is not 0.05 in binary.
  return Number((operator === '*' ? share - 1 : share).toPrecision(12));
}
