import { IncomingMessage } from 'node:http';
import { createGunzip, createInflate } from 'node:zlib';
import type { Readable } from 'node:stream';
import { Refusal } from '../engine/refusal.ts';
import type { BodyBudget } from './body-budget.ts';

/** Where a body goes that is taken as it arrives. */
interface Taker {
  chunks: Buffer[];
  bytes: number;
  maxBytes: number;
  resolve: (body: Buffer) => void;
  reject: (why: Refusal) => void;
}

/**
 * A request that gives its body as a whole. Node's parser pushes the parts of a body; here they are
 * kept as they come, instead of going through the events of a stream: that is a quarter of the CPU
 * of a small request.
 */
export class BodyRequest extends IncomingMessage {
  #taker: Taker | undefined;
  #taken = false;
  #pushed = false;
  /** Tells a client that waits for leave to send its body. */
  sayContinue: (() => void) | undefined;
  /** What all bodies together may take; undefined: there is no such limit. */
  budget: BodyBudget | undefined;
  /** Bytes that it has of the budget. */
  held = 0;

  /**
   * The whole body, unpacked from gzip or deflate. Call it before anything is awaited, or else it is
   * slower. Rejects a `Refusal`: 413 for a body that is larger, packed or unpacked, than `maxBytes`;
   * 415 for another encoding; 400 for one that is damaged; 503 if there is no memory for it; 499 if the
   * client left.
   */
  readBody(maxBytes: number): Promise<Buffer> {
    const encoding = this.headers['content-encoding'];
    if (Number(this.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge(maxBytes));
    this.sayContinue?.();
    this.sayContinue = undefined;
    if (encoding !== undefined && encoding !== 'identity') return this.#unpack(encoding, maxBytes);
    if (this.#pushed || this.complete) return collect(this, this, maxBytes);
    return new Promise((resolve, reject) => {
      this.#taken = true;
      this.#taker = { chunks: [], bytes: 0, maxBytes, resolve, reject };
    });
  }

  #unpack(encoding: string, maxBytes: number): Promise<Buffer> {
    if (encoding === 'gzip' || encoding === 'x-gzip')
      return collect(this, this.pipe(createGunzip()), maxBytes);
    if (encoding === 'deflate') return collect(this, this.pipe(createInflate()), maxBytes);
    const shown = JSON.stringify(encoding).slice(0, 60);
    return Promise.reject(
      new Refusal(415, `Content-Encoding ${shown} is not supported: use gzip, deflate or none`),
    );
  }

  override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
    if (!this.#taken) {
      this.#pushed = true;
      return super.push(chunk, encoding);
    }
    const taker = this.#taker;
    if (taker === undefined) return true;
    if (chunk === null) {
      this.#taker = undefined;
      const { chunks, bytes } = taker;
      taker.resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes));
      return true;
    }
    taker.bytes += chunk.length;
    if (taker.bytes > taker.maxBytes) {
      this.#taker = undefined;
      taker.reject(tooLarge(taker.maxBytes));
    } else if (this.hold(chunk.length)) taker.chunks.push(chunk);
    else {
      this.#taker = undefined;
      taker.reject(noMemory());
    }
    return true;
  }

  /** False: the budget is used up. */
  hold(bytes: number): boolean {
    if (this.budget?.take(bytes) === false) return false;
    this.held += bytes;
    return true;
  }

  /** To be called when the body is not needed any more. */
  release(): void {
    this.budget?.give(this.held);
    this.held = 0;
  }

  /** Node reads the rest of a body that nobody wanted; what is taken has none. */
  _dump(): void {
    const { _dump: dump } = IncomingMessage.prototype as unknown as { _dump?: () => void };
    if (!this.#taken) dump?.call(this);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const taker = this.#taker;
    this.#taker = undefined;
    taker?.reject(new Refusal(499, 'the client left'));
    super._destroy(error, done);
  }
}

function collect(request: BodyRequest, from: Readable, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    from.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes && request.hold(chunk.length)) return void chunks.push(chunk);
      from.removeAllListeners('data');
      if (from !== request) from.destroy();
      reject(bytes > maxBytes ? tooLarge(maxBytes) : noMemory());
    });
    from.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes)));
    if (from !== request)
      from.on('error', (error) => reject(new Refusal(400, `the body cannot be unpacked: ${error.message}`)));
    request.on('error', () => reject(new Refusal(499, 'the client left')));
  });
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal(413, `the body is larger than ${maxBytes} bytes: the limit of this server (--max-body)`);
}

function noMemory(): Refusal {
  return new Refusal(503, 'the bodies of other requests take all the memory that is meant for them');
}
