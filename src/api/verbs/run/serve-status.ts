import * as z from 'zod';
import { askStatus, notOurs, parseServerUrl } from '../../../serve/observe/ask-status.ts';
import { readStatus } from '../../../serve/observe/read-status.ts';
import type { ServerStatus } from '../../../serve/observe/status.ts';
import { byteCount, count, time } from '../../../schemas/kinds.ts';
import { reading } from '../../../schemas/result.ts';
import { defineOutput } from '../../verb.ts';

export { parseServerUrl };
export type { ServerStatus };

/** A server, and what it says of itself. */
export interface ServeStatus extends ServerStatus {
  url: string;
}

const fields = () => {
  const amount = z.number().nonnegative();

  const usage = {
    cpuSeconds: amount.nullable().describe('CPU time since its start'),
    residentBytes: byteCount.nullable(),
    openFiles: count.nullable(),
  };

  const lately = z
    .strictObject({
      seconds: amount.describe('How long that is: about a minute, or since the start'),
      perSecond: amount.describe('Requests per second'),
      failed: count,
      p50Ms: amount.nullable().describe('Latency in milliseconds, from buckets; null: no requests'),
      p95Ms: amount.nullable(),
      p99Ms: amount.nullable(),
    })
    .meta({ id: 'ServeLately', description: 'The last minute' });

  const model = z
    .strictObject({
      ref: z.string(),
      name: z.string(),
      version: z.string(),
      stages: z.array(z.string()).describe('The stages that it answers for'),
      up: z.boolean().describe('Whether it can answer'),
      pending: count.describe('Requests that wait or run'),
      restarts: count.describe('Processes that ended by themselves'),
      requests: count.describe('Since the start of the server'),
      failed: count,
      timeouts: count,
      lastRequestAt: time.nullable(),
      lately,
      process: z.strictObject(usage).nullable().describe('null: it runs in the process of the server'),
    })
    .meta({ id: 'ServeModelStatus', description: 'A version that is served' });

  return {
    mlreg: z.string().describe('Version of the server'),
    node: z.string(),
    onnxruntime: z.string().nullable(),
    startedAt: time,
    uptimeSeconds: count,
    ready: z.boolean().describe('Whether it takes requests'),
    models: z.array(model),
    process: z.strictObject({
      ...usage,
      heapBytes: byteCount,
      maxFiles: count.nullable(),
      loopLagMs: amount.describe('Longest wait for the event loop in the last minute'),
    }),
    system: z.strictObject({
      cpus: count,
      memoryBytes: byteCount,
      availableBytes: byteCount,
      memoryLimitBytes: byteCount.nullable().describe('Of the container; null: none'),
      disks: z.array(z.strictObject({ path: z.string(), sizeBytes: byteCount, availableBytes: byteCount })),
    }),
    gpus: z
      .array(
        z.strictObject({
          index: z.string(),
          name: z.string(),
          utilization: amount.nullable().describe('0 to 1'),
          memoryUsedBytes: byteCount.nullable(),
          memoryBytes: byteCount.nullable(),
          celsius: z.number().nullable(),
          watts: amount.nullable(),
        }),
      )
      .nullable()
      .describe('null: none; gpuNote says why'),
    gpuNote: z.string().nullable(),
    log: z
      .strictObject({ linesLost: count, trouble: z.string().nullable() })
      .nullable()
      .describe('The access log; null: none is written'),
  };
};

export const serveStatusOutput = /* @__PURE__ */ defineOutput({
  name: 'serve.status',
  output: () => reading('serve', { url: z.string(), ...fields() }),
});

/** Asks a server for its state. Rejects as `askStatus`. */
export async function serveStatus(
  url: URL,
  { token, signal }: { token: string | undefined; signal: AbortSignal },
): Promise<ServeStatus> {
  const said = await askStatus(url, token, signal);
  try {
    return { url: url.origin, ...readStatus(said) };
  } catch (error) {
    throw notOurs(url, (error as Error).message);
  }
}
