import * as z from 'zod';
import { type Device, devices } from '../../../core/device.ts';
import { MlregError } from '../../../core/errors.ts';
import { parseChain } from '../../../core/versions/chain.ts';
import type { RunningServer, ServedChain, ServedModel } from '../../../serve/running-server.ts';
import { parseCacheSetting } from '../../../serve/cache/cache-setting.ts';
import { serve } from '../../../serve/serve.ts';
import type { SlotNews } from '../../../serve/slots/slot-news.ts';
import { count, digest, modelName, reference, stageName, version } from '../../../schemas/kinds.ts';
import { reading } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { ByteSize, Duration } from '../../options.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { parseCacheSetting, serve };
export type { RunningServer, ServedChain, ServedModel, SlotNews };

export interface ServeOptions {
  /** Every model that has a version in this stage, besides those that are named. */
  stage?: string;
  /**
   * Address to listen on. Default: 127.0.0.1, which only this machine reaches. Another one needs
   * `tokenFile` or `allowAnonymous`.
   */
  host?: string;
  /** A file with `NAME TOKEN` or `NAME sha256:HEX` on each line: every request needs a token. */
  tokenFile?: string;
  /** Let everybody who reaches the address ask. */
  allowAnonymous?: boolean;
  /** Files in PEM: a certificate with those that signed it, and its unencrypted key. Both or none. */
  tlsCert?: string;
  tlsKey?: string;
  /** Listen on this socket in the file system, which only this user may use, and on no port. */
  socket?: string;
  /** Connections at a time; more are refused with 503. Default: 16000. */
  maxConnections?: number;
  /** Names that requests may have in `Host` and `Origin`, besides those of this machine. */
  allowedHosts?: string[];
  /** Default: 8080; 0 for any free one. */
  port?: number;
  /** For gRPC; 0 for any free one, null for none. Default: the one after `port`. */
  grpcPort?: number | null;
  /**
   * `child`: each version runs in a process of its own, with limits; `none`: in this process, which
   * costs less and which a bad model ends. Default: child.
   */
  isolation?: 'child' | 'none';
  /** Threads of ONNX Runtime for each version. Default: 1. */
  threads?: number;
  /** What runs the models; `cuda` where ONNX Runtime has it. Default: cpu. */
  device?: Device;
  /** The most rows of requests that run together; 1: none. Default: 32. */
  maxBatch?: number;
  /** Requests that may wait for a version; more are refused with 429. Default: 256. */
  maxQueue?: number;
  /** From a request to its answer; later it is 504. Default: 10 s. */
  deadline?: Duration;
  /** The largest body of a request. Default: 64 MB. */
  maxBody?: ByteSize;
  /** How long it still answers after it was told to stop. Default: 5 s. */
  drainDelay?: Duration;
  /** Stop the process of a version above this much memory. Default: by the size of its model. */
  memoryLimit?: ByteSize;
  /** Give a version a new process after so many requests, without losing one. Default: never. */
  recycleAfter?: number;
  /** The same when its process holds more memory than this, at most every 10 s. Default: never. */
  recycleAbove?: ByteSize;
  /**
   * Where answers are kept, so that the same inputs are not computed again by the same version:
   * `memory:64MB`, `redis://HOST:6379/0?ttl=1h`, which several servers can share, or `off`, the
   * default.
   */
  cache?: string;
  /** Serve what the references mean now, also when their stages move. */
  pin?: boolean;
  /**
   * Versions that answer for the models of their names while the processes of the version that should
   * die one after the other.
   */
  fallback?: string[];
  /**
   * Versions that answer one after the other under one name, each fed by the outputs of the one
   * before, by name: `pre@production,net@production` under the name of the last model, or
   * `NAME=pre@production,net@production`.
   */
  chain?: string[];
  /** How often to look where the stages are. Default: 500 ms. */
  interval?: Duration;
  /** How long the version before stays loaded after a swap. Default: 10 minutes. */
  keepWarm?: Duration;
  /** Called when the version of a stage was swapped, or could not be. */
  onChange?: (change: SlotNews) => void;
  /** Writes a line of JSON for each request: true: to stderr; else the path of a file. */
  accessLog?: boolean | string;
  /** `nv`: the metrics of requests also under the names of Triton. */
  metricsAliases?: 'nv';
  /** Called when something is wrong that the server survives. */
  onWarning?: (warning: string) => void;
}

/** @internal */
export const serveVerb = /* @__PURE__ */ defineVerb({
  name: 'serve',
  input: () =>
    z
      .strictObject({
        refs: z.array(given.reference, { error: 'a list of references' }),
        stage: given.stageName.optional(),
        host: given.filledText.default('127.0.0.1'),
        tokenFile: given.path.optional(),
        allowAnonymous: given.flag,
        tlsCert: given.path.optional(),
        tlsKey: given.path.optional(),
        socket: given.path.optional(),
        maxConnections: given.count(1, 1_000_000).default(16_000),
        allowedHosts: z.array(given.filledText).optional(),
        port: given.count(0, 65_535).default(8080),
        grpcPort: given.count(0, 65_535).nullable().optional(),
        isolation: given.oneOf(['child', 'none']).default('child'),
        threads: given.count(1, 256).default(1),
        device: given.oneOf(devices).optional(),
        maxBatch: given.count(1, 65_536).default(32),
        maxQueue: given.count(1, 1_000_000).default(256),
        deadline: given.duration.default(10_000),
        maxBody: given.byteSize.default(64_000_000),
        drainDelay: given.duration.default(5000),
        memoryLimit: given.byteSize.optional(),
        recycleAfter: given.count(1, 1_000_000_000).optional(),
        recycleAbove: given.byteSize.optional(),
        cache: given.text.transform((text) => parseCacheSetting(text)).optional(),
        pin: given.flag,
        fallback: z.array(given.reference).optional(),
        chain: z.array(given.text.transform((text) => parseChain(text))).optional(),
        interval: given.duration.default(500),
        keepWarm: given.duration.default(600_000),
        onChange: given.callback<(change: SlotNews) => void>(),
        accessLog: z.union([z.boolean(), given.path]).optional(),
        metricsAliases: given.oneOf(['nv']).optional(),
        onWarning: given.callback<(warning: string) => void>(),
      })
      .transform(
        ({
          deadline,
          maxBody,
          drainDelay,
          memoryLimit,
          recycleAfter,
          recycleAbove,
          interval,
          keepWarm,
          fallback,
          chain,
          accessLog,
          tlsCert,
          tlsKey,
          maxConnections,
          onChange,
          onWarning,
          ...rest
        }) => ({
          ...rest,
          deadlineMs: deadline,
          maxBodyBytes: maxBody,
          drainDelayMs: drainDelay,
          memoryLimitBytes: memoryLimit,
          recycle: { answers: recycleAfter, bytes: recycleAbove },
          intervalMs: interval,
          keepWarmMs: keepWarm,
          fallbacks: fallback,
          chains: chain,
          accessLog:
            accessLog === undefined || accessLog === false
              ? undefined
              : { path: accessLog === true ? null : accessLog },
          tls: tlsFiles(tlsCert, tlsKey),
          connections: { maxConnections },
          news: onChange,
          warn: onWarning,
        }),
      ),
  output: () =>
    reading('serve', {
      event: z
        .enum(['listening', 'changed', 'reloaded', 'warning', 'stopped', 'checked'])
        .describe(
          'listening: it answers; changed: see change; reloaded: tokens and certificates were read again; warning: see warnings; stopped: the last line; checked: with --check',
        ),
      host: z.string(),
      port: count.describe('The chosen one, with --port 0'),
      url: z.string().describe('http://HOST:PORT, https://HOST:PORT, or unix:PATH with --socket'),
      grpcPort: count.nullable().describe('Null with --grpc-port off'),
      grpcUrl: z.string().nullable().describe('grpc://HOST:PORT'),
      models: z
        .array(servedModel())
        .describe(
          'What was served at the start. The first version of a model answers where no version is named',
        ),
      chains: z
        .array(
          z.strictObject({
            name: modelName,
            parts: z.array(servedModel()).describe('In the order in which they answer'),
          }),
        )
        .describe('The chains at the start. Their parts are not served by themselves'),
      change: z
        .strictObject({
          kind: z
            .enum(['swapped', 'emptied', 'rejected'])
            .describe(
              'swapped: `to` answers now; emptied: the stage has no version; rejected: `to` cannot be served, and `from` goes on',
            ),
          name: modelName,
          stage: stageName.nullable(),
          from: version.nullable().describe('null: no version answered'),
          to: version.nullable(),
          ms: z.number().nonnegative().nullable().describe('From the news to the swap; null: rejected'),
          reason: z.string().nullable().describe('Why it was rejected'),
        })
        .nullable(),
    }),
  run: serve,
});

/** @internal */
const servedModel = () =>
  z.strictObject({
    ref: reference,
    name: modelName,
    version,
    digest,
    stage: stageName.nullable().describe('The stage that the reference named; null: another selector'),
    loadMs: z.number().nonnegative().describe('Milliseconds until it could answer'),
    goldenCases: count
      .nullable()
      .describe('Cases of its golden sets, all of which match; null: it has none that can run'),
    batches: z.boolean().describe('Whether requests that wait together run together'),
  });

/** @internal USAGE for one without the other. */
export function tlsFiles(
  cert: string | undefined,
  key: string | undefined,
): { cert: string; key: string } | undefined {
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (cert === undefined && key === undefined) return undefined;
  const missing = cert === undefined ? '--tls-cert' : '--tls-key';
  throw new MlregError('USAGE', `TLS needs a certificate and its key, but ${missing} is missing`, {
    hint: '--tls-cert FILE --tls-key FILE, both in PEM',
  });
}

export interface ServeMethods {
  /**
   * Serves versions over HTTP by the Open Inference Protocol, each in a process of its own, until
   * `stop` is called or the registry's `signal` is aborted. Resolves when all of them can answer.
   *
   * @example
   * const server = await registry.serve(['digits@production'], { port: 0 });
   */
  serve(refs: string[], options?: ServeOptions): Promise<RunningServer>;
}

/** @internal */
export const serveMethods = (call: Call): ServeMethods => ({
  serve: (refs, options) => call(serveVerb, { refs }, options),
});
