import { createGunzip, createInflate } from 'node:zlib';
import type { Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { Refusal } from '../engine/refusal.ts';

/**
 * The whole body, unpacked from gzip or deflate. Rejects a `Refusal`: 413 for a body that is larger,
 * packed or unpacked, than `maxBytes`; 415 for another encoding; 400 for one that is damaged; 499 if
 * the client left.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding'];
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxBytes) return Promise.reject(tooLarge(maxBytes));
  if (encoding === undefined || encoding === 'identity') return collect(request, request, maxBytes);
  const unpack =
    encoding === 'gzip' || encoding === 'x-gzip'
      ? createGunzip()
      : encoding === 'deflate'
        ? createInflate()
        : undefined;
  if (unpack === undefined) {
    return Promise.reject(
      new Refusal(
        415,
        `Content-Encoding ${JSON.stringify(encoding).slice(0, 60)} is not supported: use gzip, deflate or none`,
      ),
    );
  }
  return collect(request, request.pipe(unpack), maxBytes);
}

function collect(request: IncomingMessage, from: Readable, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    from.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        from.destroy();
        return reject(tooLarge(maxBytes));
      }
      chunks.push(chunk);
    });
    from.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes)));
    if (from === request) from.on('error', () => reject(new Refusal(499, 'the client left')));
    else {
      from.on('error', (error) => reject(new Refusal(400, `the body cannot be unpacked: ${error.message}`)));
      request.on('error', () => reject(new Refusal(499, 'the client left')));
    }
  });
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal(413, `the body is larger than ${maxBytes} bytes: the limit of this server (--max-body)`);
}
