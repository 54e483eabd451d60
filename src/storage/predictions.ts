import type { Digest } from '../core/versions/artifact.ts';
import type { ModelName } from '../core/versions/reference.ts';
import type { Version } from '../core/versions/version.ts';
import type { Remains } from './blob-store.ts';

/** A table that a version predicted, and whose predictions are kept for labels that come later. */
export interface KeptRun {
  model: ModelName;
  version: Version;
  /** SHA-256 of the table. */
  data: Digest;
  /** The column whose cells are the keys. */
  key: string;
  /** The part of the table, such as `2/4`; null: all of it. */
  shard: string | null;
  /** When it was predicted and until when it is kept, epoch milliseconds. */
  at: number;
  until: number;
}

/** What was predicted for the row with this key. */
export interface KeptPrediction {
  key: string;
  /** As the output of predict has it: a class, or a number. */
  prediction: string;
  /** The probability of the predicted class; null: the model gives none. */
  score: number | null;
}

/**
 * Predictions by key, outside of the chain of events: each run is kept as a whole, or not at all,
 * and forgotten when its time is over. Errors: STORAGE for the medium, INTEGRITY for what cannot be
 * right.
 */
export interface PredictionStore {
  /** Begins to keep a run. Nothing of it is found before it is complete. */
  begin(): Promise<PredictionDraft>;
  /** What is kept for these keys, by run, newest first. Runs of other models are not read. */
  find(query: {
    model: ModelName;
    keys: readonly string[];
  }): AsyncIterable<{ run: KeptRun; predictions: KeptPrediction[] }>;
  /** The runs of all models, newest first, with how many keys each has. */
  runs(): Promise<{ run: KeptRun; keys: number }[]>;
  /** Removes runs whose time is over; with `look`, only says which. */
  prune(query: { now: number; look: boolean }): Promise<Remains>;
  /** Reads all of it. Empty if it is sound. */
  check(): Promise<{ subject: string; problem: string }[]>;
}

export interface PredictionDraft {
  /** Of a key that was there before, the last prediction counts. */
  add(rows: Iterable<KeptPrediction>): void;
  /**
   * Keeps the run, durably. It takes the place of an earlier one of the same version, table, key
   * and shard. `duplicates`: rows whose key came again.
   */
  complete(run: KeptRun): Promise<{ keys: number; duplicates: number }>;
  /** Removes it without a trace, also after it was completed. Never rejects. */
  discard(): Promise<void>;
}
