import type { BenchRecord } from '../measurements/bench.ts';

/**
 * A value with its 95% interval, in milliseconds; a bound is null if there were too few samples for
 * it.
 */
export interface Figure {
  value: number;
  low: number | null;
  high: number | null;
}

/** The figure of a stored bench, with the method of its interval. */
export interface StoredFigure extends Figure {
  method?: string;
}

/** The part of a stored bench that is shown and compared. */
export interface BenchFigures {
  id: string;
  /** Epoch milliseconds. */
  at: number;
  /** Fingerprint of machine, runtime and session: see `fingerprint` in machine/environment.ts. */
  fingerprint: string;
  /** Shape by input name. */
  shapes: Record<string, number[]>;
  /** Where the inputs came from: `synthetic`, `golden` or `file`. */
  source: string;
  /** Hash of all inputs, in hex; null if unknown. */
  inputSha256: string | null;
  runs: number;
  p50: StoredFigure | null;
  p95: StoredFigure | null;
  throughputPerSec: number | null;
}

/** The figures of a bench that measured something; null for a failed one. */
export function benchFigures({ id, at, fingerprint, status, result }: BenchRecord): BenchFigures | null {
  const { latencyMs, throughputPerSec, input } = result;
  if (status !== 'ok' || latencyMs === undefined || latencyMs === null) return null;
  return {
    id,
    at,
    fingerprint,
    shapes: input?.shapes ?? {},
    source: input?.source ?? 'synthetic',
    inputSha256: input?.sha256 ?? null,
    runs: latencyMs.n ?? 0,
    p50: latencyMs.p50 ?? null,
    p95: latencyMs.p95 ?? null,
    throughputPerSec: throughputPerSec ?? null,
  };
}
