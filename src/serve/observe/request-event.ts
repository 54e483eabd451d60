import type { Exchange } from './exchange.ts';

/** What happened to one request, for metrics and the access log. */
export interface RequestEvent {
  protocol: 'rest' | 'grpc';
  /** Whether it asked for an inference: only such requests are counted by model. */
  infers: boolean;
  /** Null: no model was named, or it is not served. */
  model: string | null;
  version: string | null;
  /** The status of HTTP, also for gRPC; 499: the client left. */
  code: number;
  /** Milliseconds from the head of the request to its answer. */
  totalMs: number;
  /** Null (like the next two): the request did not reach a model. Milliseconds in which nothing
   * was done for it. */
  queueMs: number | null;
  /** Milliseconds in ONNX Runtime, of the whole batch. */
  computeMs: number | null;
  /** Milliseconds to read its inputs, and to write its answer; absent: it was not run. */
  inputMs?: number | undefined;
  outputMs?: number | undefined;
  /** Requests that ran together, this one included. */
  batch: number | null;
  /** Absent: there is no cache, or it was not asked. */
  cache?: 'hit' | 'miss' | undefined;
  /** What the parts of a chain did; absent: it is no chain. */
  parts?: readonly PartEvent[] | undefined;
  /** The request and its answer as the access log tells of them. */
  exchange: Exchange;
}

/** What a version did for a request to its chain. */
export type PartEvent = Omit<RequestEvent, 'protocol' | 'infers' | 'exchange' | 'parts'>;

/** Called once for each request, when its answer is handed over. It must not throw. */
export type Observe = (event: RequestEvent) => void;
