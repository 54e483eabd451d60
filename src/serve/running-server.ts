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

/** A chain at the start of a server. */
export interface ServedChain {
  name: string;
  /** In the order in which they answer; their names are not served by themselves. */
  parts: ServedModel[];
}

/** The process behind a version. */
export interface ServedProcess {
  ref: string;
  /** Undefined while it is started again; without isolation, the server itself. */
  pid: number | undefined;
  /** Null: unknown, or it is the server itself. */
  rssBytes: number | null;
  /** Requests that wait or run. */
  pending: number;
  /** How often it ended without being told to. */
  deaths: number;
}

/** A server that runs. */
export interface RunningServer {
  host: string;
  port: number;
  /** `http://127.0.0.1:8080`, `https://…`, or `unix:PATH` */
  url: string;
  /** Null: no gRPC. */
  grpcPort: number | null;
  /** `grpc://127.0.0.1:8081` */
  grpcUrl: string | null;
  models: ServedModel[];
  chains: ServedChain[];
  warnings: string[];
  /** What runs now, in the order of the references; two that mean one version share it. */
  processes(): ServedProcess[];
  /**
   * Reads the tokens and the certificate again. Rejects if they cannot be used; the old ones then stay.
   */
  reload(): Promise<void>;
  /**
   * Says that it is not ready, goes on answering for the drain delay, answers what it has, and stops.
   * Calling it again waits for the same.
   */
  stop(): Promise<void>;
  /** Resolves when it has stopped. */
  stopped: Promise<void>;
}
