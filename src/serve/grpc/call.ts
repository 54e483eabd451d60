import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { Refusal } from '../engine/refusal.ts';
import type { BodyBudget } from '../front/body-budget.ts';
import type { Noted } from '../front/note.ts';
import { type Exchange, exchangeHeaders } from '../observe/exchange.ts';
import { acceptedEncodings, decompress, type Frame, FrameReader, prefixLength } from './message-frames.ts';
import { asGrpcError, GrpcError, httpStatus, statusTrailers, timeoutMs, type Trailers } from './status.ts';

/** What a method does with a call. What it throws becomes the status of the call. */
export interface CallListener {
  onMessage(message: Buffer): void;
  /** The client has sent its last message. */
  onEnd(): void;
  /** The client left, or the call was ended from outside. Nothing that is sent arrives any more. */
  onCancel(): void;
  /** The server stops: a call that would go on should end by itself, when what it got is answered. */
  onDrain?(): void;
}

export interface CallOptions {
  exchange: Exchange;
  /** Bytes of the largest message. */
  limit: number;
  /** For messages that are not answered, and answers that are not read; undefined: there is no limit. */
  budget?: BodyBudget | undefined;
  /** Called once, when the answer is handed over, with its status in HTTP; 499: the client left. */
  answered: (code: number) => void;
  /** Called when the stream is gone. */
  closed: () => void;
}

const responseHeaders = Object.freeze({
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': acceptedEncodings,
});
const okTrailers = statusTrailers('OK', '');
const withTrailers = Object.freeze({ waitForTrailers: true });
/** A longer `setTimeout` would not wait at all. */
const longestTimer = 2 ** 31 - 1;
/** How long a client may go on sending after its status, in milliseconds. */
export const lingerMs = 1000;
const withoutBody = Object.freeze({ endStream: true });

/**
 * One call: one HTTP/2 stream. `respond`, `write` and `sendTrailers` of Node's streams throw once
 * the client left, and an error event without a listener ends the process; so only this file touches
 * the stream.
 */
export class Call {
  readonly headers: IncomingHttpHeaders;
  readonly exchange: Exchange;
  /** Whether it asks for an inference, and what is known of that. */
  infers: Noted | undefined;
  /** Ends it when the client has stopped waiting; undefined: the client did not say when. */
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #stream: ServerHttp2Stream;
  readonly #reader: FrameReader;
  readonly #limit: number;
  readonly #encoding: string | undefined;
  #listener: CallListener | undefined;
  #halfClosed = false;
  #endedAt: number | undefined;
  /** More metadata before the first message. */
  #metadata: [name: string, value: string][] = [];
  #trailers: Trailers = okTrailers;
  /** Since when a message is incomplete; undefined: none is. */
  #partialSince: number | undefined;
  /** Since when the client does not read what was sent; undefined: it does. */
  #unreadSince: number | undefined;
  /** Settles when the messages before were decompressed, so that the order stays. */
  #decompressing: Promise<void> | undefined;

  readonly #budget: BodyBudget | undefined;
  /** Bytes that it has of the budget. */
  #held = 0;
  readonly #answered: (code: number) => void;

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    { exchange, limit, budget, answered, closed }: CallOptions,
  ) {
    this.#stream = stream;
    this.headers = headers;
    this.exchange = exchange;
    this.#partialSince = exchange.since;
    this.#limit = limit;
    this.#budget = budget;
    this.#answered = answered;
    this.#reader = new FrameReader(limit);
    this.#encoding = headers['grpc-encoding'] as string | undefined;
    const timeout = headers['grpc-timeout'] as string | undefined;
    if (timeout !== undefined) this.#timer = this.#startTimer(timeout);
    stream.on('error', ignore);
    stream.on('drain', () => (this.#unreadSince = undefined));
    stream.on('close', () => {
      closed();
      this.#onClose();
      this.release(this.#held);
    });
  }

  #startTimer(timeout: string): NodeJS.Timeout | undefined {
    const ms = timeoutMs(timeout);
    if (ms === undefined || ms > longestTimer) return undefined;
    return setTimeout(() => this.fail(new GrpcError('DEADLINE_EXCEEDED', `no answer within ${timeout}`)), ms);
  }

  get ended(): boolean {
    return this.#endedAt !== undefined;
  }

  /** Starts to read. */
  listen(listener: CallListener): void {
    this.#listener = listener;
    this.#stream.on('data', (chunk: Buffer) => this.#onData(chunk));
    this.#stream.on('end', () => this.#onHalfClose());
  }

  #onData(chunk: Buffer): void {
    if (this.ended) return;
    this.exchange.bytesIn = (this.exchange.bytesIn ?? 0) + chunk.length;
    this.#guard(() => {
      this.#hold(chunk.length);
      this.#reader.push(chunk, (frame) => this.#onFrame(frame));
    });
    if (!this.#reader.partial) this.#partialSince = undefined;
    else this.#partialSince ??= performance.now();
  }

  #onFrame(frame: Frame): void {
    if (this.ended) return;
    this.release(prefixLength);
    if (!frame.compressed && this.#decompressing === undefined)
      return this.#listener?.onMessage(frame.payload);
    const before = this.#decompressing;
    this.#decompressing = this.#onCompressed(frame, before);
  }

  async #onCompressed({ payload, compressed }: Frame, before: Promise<void> | undefined): Promise<void> {
    try {
      const message = compressed ? await decompress(payload, this.#encoding, this.#limit) : payload;
      if (compressed) {
        this.release(payload.length);
        this.#hold(message.length);
      }
      await before;
      if (!this.ended) this.#listener?.onMessage(message);
    } catch (error) {
      this.fail(error);
    }
  }

  #onHalfClose(): void {
    this.#halfClosed = true;
    if (this.ended) return;
    if (this.#reader.partial)
      return this.fail(new GrpcError('INVALID_ARGUMENT', 'the last message is incomplete'));
    this.#partialSince = undefined;
    void this.#onEnd();
  }

  async #onEnd(): Promise<void> {
    if (this.#decompressing !== undefined) await this.#decompressing;
    if (!this.ended) this.#guard(() => this.#listener?.onEnd());
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.fail(error);
    }
  }

  #onClose(): void {
    if (this.ended) return;
    this.#endedAt = performance.now();
    clearTimeout(this.#timer);
    this.#answered(499);
    this.#listener?.onCancel();
  }

  /** Throws a `Refusal` if there is no memory. */
  #hold(bytes: number): void {
    if (this.#budget?.take(bytes) === false)
      throw new Refusal(503, 'the messages of other calls take all the memory that is meant for them');
    this.#held += bytes;
  }

  /** Gives back memory of a message that is answered. At the end of the call, all of it is given back. */
  release(bytes: number): void {
    const given = Math.min(bytes, this.#held);
    this.#held -= given;
    this.#budget?.give(given);
  }

  /** False once the stream is gone: nothing can be sent any more. */
  get #writable(): boolean {
    return !this.#stream.destroyed && !this.#stream.closed;
  }

  #begin(): void {
    if (this.#stream.headersSent) return;
    this.#stream.on('wantTrailers', () => {
      if (this.#writable) this.#stream.sendTrailers(this.#trailers);
    });
    this.#stream.respond(this.#headers(), withTrailers);
  }

  /** Metadata before the first message. */
  addHeader(name: string, value: string): void {
    this.#metadata.push([name.toLowerCase(), value]);
  }

  #headers(): OutgoingHttpHeaders {
    const headers: OutgoingHttpHeaders = { ...responseHeaders };
    const more = exchangeHeaders(this.exchange, this.infers);
    for (const name in more) headers[name.toLowerCase()] = more[name];
    for (const [name, value] of this.#metadata) headers[name] = value;
    return headers;
  }

  /** Sends one of several messages, with its prefix. False: the client reads more slowly. */
  send(framed: Buffer): boolean {
    if (this.ended || !this.#writable) return true;
    try {
      this.#hold(framed.length);
    } catch (error) {
      this.fail(error);
      return true;
    }
    this.exchange.bytesOut += framed.length;
    try {
      this.#begin();
      const keepsUp = this.#stream.write(framed, () => this.release(framed.length));
      if (!keepsUp) this.#unreadSince ??= performance.now();
      return keepsUp;
    } catch {
      // The client left in this moment; `close` follows.
      return true;
    }
  }

  /** Sends the last message, with its prefix, if there is one, and the status OK. */
  finish(framed?: Buffer): void {
    if (this.ended) return;
    if (framed !== undefined) {
      // Its messages are not needed any more.
      this.release(this.#held);
      try {
        this.#hold(framed.length);
      } catch (error) {
        return this.fail(error);
      }
    }
    this.#endedAt = performance.now();
    clearTimeout(this.#timer);
    if (!this.#writable) return this.#answered(499);
    if (framed !== undefined) this.exchange.bytesOut += framed.length;
    this.#answered(200);
    try {
      this.#begin();
      if (framed === undefined) this.#stream.end();
      else this.#stream.end(framed);
    } catch {
      // As in `send`.
    }
  }

  /** Ends the call with a status. What is no `GrpcError` is INTERNAL. */
  fail(error: unknown): void {
    if (this.ended) return;
    this.#endedAt = performance.now();
    clearTimeout(this.#timer);
    const { status, message, retryAfterMs } = asGrpcError(error);
    if (this.#writable) this.#end(statusTrailers(status, message, retryAfterMs));
    this.#answered(httpStatus(error));
    this.#listener?.onCancel();
  }

  #end(trailers: Trailers): void {
    try {
      if (this.#stream.headersSent) {
        this.#trailers = trailers;
        this.#stream.end();
      } else this.#stream.respond({ ...this.#headers(), ...trailers }, withoutBody);
    } catch {
      // As in `send`.
    }
  }

  /** See `CallListener.onDrain`. */
  drain(): void {
    if (!this.ended) this.#guard(() => this.#listener?.onDrain?.());
  }

  /** Stops reading until `resume`, so that the client has to wait. */
  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Calls `listen` each time that the client has caught up with what was sent. */
  onDrain(listen: () => void): void {
    this.#stream.on('drain', listen);
  }

  /**
   * Ends what hangs: a message that does not become complete within `limitMs`, answers that the
   * client does not take in that time, and a client that goes on sending though it has its status. A
   * reset at once would overtake a status that is not sent yet.
   */
  checkProgress(now: number, limitMs: number): void {
    if (this.#endedAt !== undefined) {
      const waited = now - this.#endedAt;
      if (waited > limitMs) this.#stream.close(constants.NGHTTP2_CANCEL);
      else if (!this.#halfClosed && waited > lingerMs) this.#stream.close(constants.NGHTTP2_NO_ERROR);
    } else if (this.#partialSince !== undefined && now - this.#partialSince > limitMs)
      this.fail(new GrpcError('DEADLINE_EXCEEDED', `no whole message arrived within ${limitMs / 1000} s`));
    else if (this.#unreadSince !== undefined && now - this.#unreadSince > limitMs)
      this.#stream.close(constants.NGHTTP2_CANCEL);
  }
}

function ignore(): void {
  // `close` follows.
}
