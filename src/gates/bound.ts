import type { StageName } from '../core/events/stage.ts';

export const comparators = ['>=', '<=', '==', '!=', '=', '>', '<'] as const;
/** `==` is stored as `=`. */
export type Comparator = Exclude<(typeof comparators)[number], '=='>;
export const orderings = ['>=', '<=', '>', '<'] as const;
export type Ordering = (typeof orderings)[number];

/** Bytes in one unit. */
export const byteUnits = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
/** Milliseconds in one unit. */
export const timeUnits = { ns: 1e-6, us: 1e-3, ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3 };

export type ByteUnit = keyof typeof byteUnits;
export type TimeUnit = keyof typeof timeUnits;
export type Unit = ByteUnit | TimeUnit | '%';

/** A finite number as it was typed; `unit` null: without a unit. */
export interface Amount {
  value: number;
  unit: Unit | null;
}

/**
 * A number, or the value of a stage's holder with a shift; a `%` shift is a share of that value.
 */
export type Bound =
  | { kind: 'amount'; amount: Amount }
  | { kind: 'stage'; stage: StageName; shift: Shift | null };

export interface Shift {
  operator: '+' | '-' | '*';
  /** Not negative. */
  amount: Amount;
}
