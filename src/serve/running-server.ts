/** A model at the start of a server. */
export interface ServedModel {
  /** `digits@1.4.0` */
  ref: string;
  name: string;
  version: string;
  digest: string;
  /** Milliseconds until it could answer, golden set and warm-up included. */
  loadMs: number;
  /** The stage that the reference named; null: another selector. */
  stage: string | null;
  /** Cases of its golden sets that were run and match; null: it has none. */
  goldenCases: number | null;
  /** Whether requests that are there together run together. */
  batches: boolean;
}

/** A server that runs. */
export interface RunningServer {
  host: string;
  port: number;
  /** `http://127.0.0.1:8080` */
  url: string;
  models: ServedModel[];
  warnings: string[];
  /**
   * Says that it is not ready, goes on answering for the drain delay, answers what it has, and stops.
   * Calling it again waits for the same.
   */
  stop(): Promise<void>;
  /** Resolves when it has stopped. */
  stopped: Promise<void>;
}
