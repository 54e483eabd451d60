import type { ChainChoice } from '../core/versions/chain.ts';
import type { Reference, StageName } from '../core/versions/reference.ts';
import type { CacheSetting } from './cache/cache-setting.ts';
import type { ConnectionLimits } from './front/http-server.ts';
import type { GuardInput } from './guard/guard.ts';
import type { TlsInput } from './guard/tls.ts';
import type { ObserveInput } from './observe-server.ts';
import type { LoadOptions } from './slots/load-version.ts';
import type { SlotNews } from './slots/slot-news.ts';

export interface ServeInput
  extends
    Pick<
      LoadOptions,
      'isolation' | 'threads' | 'device' | 'recycle' | 'maxBatch' | 'maxQueue' | 'deadlineMs'
    >,
    ObserveInput,
    GuardInput {
  refs: readonly Reference[];
  /** Versions that answer one after the other, each under a name of its own. */
  chains?: readonly ChainChoice[] | undefined;
  /** Every model that has a version in this stage. */
  stage?: StageName | undefined;
  /** 0: any free one. */
  port: number;
  /** 0: any free one; null: no gRPC. Default: the one after `port`, or any free one. */
  grpcPort?: number | null | undefined;
  maxBodyBytes: number;
  /** A certificate and its key: HTTPS. */
  tls?: TlsInput | undefined;
  /** What clients may do at most, where it is not as usual. */
  connections?: Partial<ConnectionLimits> | undefined;
  /** How long it still answers, but is not ready, before it stops. */
  drainDelayMs: number;
  memoryLimitBytes?: number | undefined;
  /** Where answers are kept. Absent: nowhere. */
  cache?: CacheSetting | undefined;
  /** Serve what the references mean now, also when stages move. */
  pin?: boolean | undefined;
  /** Milliseconds between two looks at the registry. */
  intervalMs: number;
  /** Each answers for the model of its name while the version that should is broken. */
  fallbacks?: readonly Reference[] | undefined;
  /** How long the version before stays loaded after a swap. */
  keepWarmMs: number;
  /** Told what an operator should know. */
  warn?: ((warning: string) => void) | undefined;
  /** Told about swaps, and versions that could not be served. */
  news?: ((news: SlotNews) => void) | undefined;
}
