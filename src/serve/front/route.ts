import type { BodyBudget } from './body-budget.ts';
import type { ConnectionCount } from './connection-count.ts';
import type { ConnectionLimits } from './http-server.ts';
import type { Guard } from '../guard/guard.ts';
import type { Observer } from '../observe/observer.ts';
import type { ServedVersion } from '../served.ts';
import type { ServedModels } from '../slots/served-models.ts';
import type { BodyRequest } from './body-request.ts';
import type { Answering } from './front-response.ts';
import type { Jobs } from './jobs.ts';

/** What every handler can use. */
export interface FrontContext {
  readonly models: ServedModels;
  /** What answers for a version of this model whose processes die; undefined: nothing does. */
  fallback(model: string): ServedVersion | undefined;
  readonly limits: FrontLimits;
  /** Requests that are answered later. */
  readonly jobs: Jobs;
  /** Who may ask. */
  readonly guard: Pick<Guard, 'admit' | 'needsToken'>;
  /** False while it drains, or before all models are loaded. */
  isReady(): boolean;
  /**
   * Since when new requests to models are refused, by `performance.now()`; Infinity: they are taken.
   * What began before is answered.
   */
  drainingSince(): number;
  /** Counts, logs and tells: one event for each request. */
  readonly observer: Observer;
}

export interface FrontLimits {
  /** Of a request's body, also after it is unpacked. */
  maxBodyBytes: number;
  /** Of all requests together. */
  bodies: BodyBudget;
  connections: ConnectionLimits;
  connectionCount: ConnectionCount;
}

/** A version as a request names it, over REST or gRPC. */
export interface Named {
  front: FrontContext;
  /** The model: served, or what the request most likely means. */
  model: string;
  version: string | undefined;
}

/** A request for an inference. */
export interface Target extends Named {
  /** `performance.now()` when its headers were read. */
  since: number;
}

/** One request, with what its path said. */
export interface Call extends Target {
  request: BodyRequest;
  response: Answering;
  /** What `{id}` stands for in the path. */
  id?: string | undefined;
}

/** One path and method. A route is a constant in a file of `routes/`, and a line in `routes.ts`. */
export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  /**
   * Segments; `{model}` stands for a name, which can have slashes, and `{version}` or, in a
   * path without a model, `{id}` for one segment.
   */
  path: string;
  /** Whether everybody may ask, without a token: for health only. */
  open?: boolean;
  /** Whether it asks a model, so that its requests are counted for that. */
  infers?: boolean;
  /** A handler that throws or rejects is answered for: see `answerError`. */
  handle(call: Call): void | Promise<void>;
}
