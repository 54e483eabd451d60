/** An open loop: requests leave at random times that were drawn before, whatever the answers do. */
import { connect, type Socket } from 'node:net';
import { poissonArrivals } from '../../src/bench/plan/arrivals.ts';
import { answerLength, requestOf, type Load } from './http-load.ts';

export interface OpenLoad extends Load {
  /** Requests per second on average. */
  rate: number;
  /** Sees each answer as it came, with the number of its body. */
  each?: (answer: Buffer, body: number) => void;
}

export interface OpenResult {
  sent: number;
  failed: number;
  /** From when each request was due, in milliseconds, sorted. */
  latencies: Float64Array;
  /** How late they left because this process was late, and not because no connection was free. */
  lags: Float64Array;
}

/**
 * Sends on the connection that has been free the longest, and lets requests wait where none is.
 * Between arrivals it turns the event loop without sleeping, because timers wake a millisecond late.
 */
export async function driveOpenLoad(load: OpenLoad): Promise<OpenResult> {
  const requests = load.bodies.map((body) => requestOf(load, body));
  const due = poissonArrivals({
    rate: load.rate,
    seed: 1,
    launch: 0,
    minMs: load.duration,
    minRuns: 1,
    maxRuns: 10_000_000,
  });
  const latencies: number[] = [];
  const lags: number[] = [];
  let failed = 0;
  let next = 0;
  const free: (() => void)[] = [];
  const sockets = await Promise.all(
    Array.from({ length: load.connections }, async () => {
      const socket: Socket = connect({ host: '127.0.0.1', port: load.port, noDelay: true });
      await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
      return socket;
    }),
  );
  const began = performance.now() + 5;
  await new Promise<void>((resolve, reject) => {
    const sendDue = (): void => {
      const now = performance.now() - began;
      while (next < due.length && (due[next] ?? 0) <= now && free.length > 0) free.shift()?.();
    };
    for (const socket of sockets) {
      let at = 0;
      let body = 0;
      let got: Buffer = Buffer.alloc(0);
      const send = (): void => {
        at = due[next] ?? 0;
        lags.push(performance.now() - began - at);
        body = next++ % requests.length;
        socket.write(requests[body] as Buffer);
      };
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the server closed the connection')));
      socket.on('data', (chunk: Buffer) => {
        got = got.length === 0 ? chunk : Buffer.concat([got, chunk]);
        const length = answerLength(got);
        if (length === undefined || got.length < length) return;
        if (got.toString('latin1', 9, 12) !== '200') failed += 1;
        load.each?.(got.subarray(0, length), body);
        got = Buffer.from(got.subarray(length));
        latencies.push(performance.now() - began - at);
        free.push(send);
        sendDue();
        if (latencies.length === due.length) resolve();
      });
      free.push(send);
    }
    const turn = (): void => {
      sendDue();
      if (next < due.length) setImmediate(turn);
    };
    turn();
  });
  for (const socket of sockets) socket.removeAllListeners('close').end();
  return {
    sent: due.length,
    failed,
    latencies: Float64Array.from(latencies).sort(),
    lags: Float64Array.from(lags).sort(),
  };
}
