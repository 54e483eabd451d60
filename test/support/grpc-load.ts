/** A closed loop of gRPC calls, as streams of one connection. */
import { connect } from 'node:http2';
import type { LoadResult } from './http-load.ts';

export interface GrpcLoad {
  port: number;
  /** Messages of ModelInferRequest, sent in turn. */
  messages: readonly Buffer[];
  streams: number;
  /** Milliseconds. */
  duration: number;
}

/** Each of the streams is followed by the next when its answer is complete. */
export async function driveGrpcLoad(load: GrpcLoad): Promise<LoadResult> {
  const client = connect(`http://127.0.0.1:${load.port}`);
  await new Promise((resolve, reject) => client.once('connect', resolve).on('error', reject));
  const frames = load.messages.map((message) => {
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(message.length, 1);
    return Buffer.concat([prefix, message]);
  });
  const latencies: number[] = [];
  let failed = 0;
  let next = 0;
  const started = performance.now();
  const end = started + load.duration;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const sent = performance.now();
      const stream = client.request({
        ':method': 'POST',
        ':path': '/inference.GRPCInferenceService/ModelInfer',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      let status: unknown;
      stream.on('error', reject);
      stream.on('response', (headers) => (status = headers['grpc-status']));
      stream.on('trailers', (headers) => (status = headers['grpc-status']));
      stream.on('data', () => undefined);
      stream.on('end', () => {
        if (String(status) !== '0') failed += 1;
        latencies.push(performance.now() - sent);
        resolve();
      });
      stream.end(frames[next++ % frames.length]);
    });
  await Promise.all(
    Array.from({ length: load.streams }, async () => {
      while (performance.now() < end) await one();
    }),
  );
  const perSecond = latencies.length / ((performance.now() - started) / 1000);
  client.close();
  return { requests: latencies.length, failed, perSecond, latencies: Float64Array.from(latencies).sort() };
}

/** A ModelInferRequest of the Open Inference Protocol with one float32 tensor, raw. */
export function inferMessage(model: string, input: string, rows: number, data: Float32Array): Buffer {
  const tensor = [text(1, input), text(2, 'FP32'), bytes(3, Buffer.from([rows, data.length / rows]))];
  return Buffer.concat([
    text(1, model),
    bytes(5, Buffer.concat(tensor)),
    bytes(7, Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  ]);
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

function bytes(field: number, value: Buffer): Buffer {
  const length: number[] = [];
  let rest = value.length;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push(128 + (rest % 128));
  return Buffer.concat([Buffer.from([8 * field + 2, ...length, rest]), value]);
}
