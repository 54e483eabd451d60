/** A closed loop of HTTP requests over sockets that stay open, and the CPU time of process trees. */
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

export interface Load {
  port: number;
  path: string;
  /** Sent in turn, so that no two requests in a row are alike. */
  bodies: readonly Buffer[];
  headers?: Record<string, string>;
  connections: number;
  /** Milliseconds. */
  duration: number;
}

export interface LoadResult {
  requests: number;
  /** Answers with another status than 200. */
  failed: number;
  perSecond: number;
  /** Milliseconds, sorted. */
  latencies: Float64Array;
}

/** Each connection sends its next request when it has the answer of the one before. */
export async function driveLoad(load: Load): Promise<LoadResult> {
  const requests = load.bodies.map((body) => requestOf(load, body));
  const latencies: number[] = [];
  let failed = 0;
  let next = 0;
  const started = performance.now();
  const end = started + load.duration;
  await Promise.all(
    Array.from(
      { length: load.connections },
      () =>
        new Promise<void>((resolve, reject) => {
          const socket: Socket = connect({ host: '127.0.0.1', port: load.port, noDelay: true });
          let sent = 0;
          let got: Buffer = Buffer.alloc(0);
          const send = (): void => {
            sent = performance.now();
            if (sent >= end) {
              socket.end();
              return resolve();
            }
            next = (next + 1) % requests.length;
            socket.write(requests[next] as Buffer);
          };
          socket.on('connect', send);
          socket.on('error', reject);
          socket.on('close', () => reject(new Error('the server closed the connection')));
          socket.on('data', (chunk: Buffer) => {
            got = got.length === 0 ? chunk : Buffer.concat([got, chunk]);
            const length = answerLength(got);
            if (length === undefined || got.length < length) return;
            if (got.toString('latin1', 9, 12) !== '200') failed += 1;
            got = Buffer.from(got.subarray(length));
            latencies.push(performance.now() - sent);
            send();
          });
        }),
    ),
  );
  return {
    requests: latencies.length,
    failed,
    perSecond: latencies.length / ((performance.now() - started) / 1000),
    latencies: Float64Array.from(latencies).sort(),
  };
}

/** The bytes of a request. */
export function requestOf({ path, headers = {} }: Load, body: Buffer): Buffer {
  const lines = Object.entries({ 'Content-Type': 'application/json', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** Undefined while the headers are not complete. Answers without a length are not for this load. */
export function answerLength(got: Buffer): number | undefined {
  const end = got.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(got.toString('latin1', 0, end))?.[1];
  if (length === undefined) throw new Error('an answer has no Content-Length');
  return end + 4 + Number(length);
}

/** CPU microseconds that a process and its living descendants have used, by /proc. */
export function treeCpuMicros(pid: number): number {
  const ticks = treeOf(pid).map((one) => statOf(one).ticks);
  return ticks.reduce((sum, own) => sum + own, 0) * 10_000;
}

/**
 * Megabytes that a process and its living descendants take. A page that several share, such as
 * Node's own code, counts once: the proportional set size of proc_pid_smaps(5).
 */
export function treeMegabytes(pid: number): number {
  const kilobytes = treeOf(pid).map((one) =>
    Number(/^Pss:\s*(\d+)/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, 'latin1'))?.[1] ?? 0),
  );
  return kilobytes.reduce((sum, own) => sum + own, 0) / 1000;
}

/** A process and its living descendants. */
export function treeOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const { parent } = statOf(Number(name));
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It ended meanwhile.
    }
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

/** Fields of proc_pid_stat(5) after the name, which may contain spaces. */
export function statOf(pid: number): { parent: number; ticks: number } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}
