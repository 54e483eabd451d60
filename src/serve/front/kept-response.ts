import type { Answering } from './front-response.ts';

/** Headers that are about the answer to somebody else, or about bytes on a connection. */
const dropped = new Set(['content-type', 'content-length', 'x-request-id', 'traceparent']);

/** An answer that is kept instead of being sent. */
export class KeptResponse implements Answering {
  headersSent = false;
  /** Whether nobody wants it any more. */
  destroyed = false;
  exchange: Answering['exchange'];
  noted: Answering['noted'];
  status = 0;
  type = '';
  headers: Record<string, string> = {};
  body = Buffer.alloc(0);

  constructor(exchange: Answering['exchange']) {
    this.exchange = exchange;
  }

  setHeader(name: string, value: string): void {
    this.headers[name] = value;
  }

  /** Names and values in turn, as `answerBytes` gives them. */
  writeHead(status: number, headers: readonly string[]): void {
    this.headersSent = true;
    this.status = status;
    for (let at = 0; at < headers.length; at += 2) {
      const [name = '', value = ''] = headers.slice(at, at + 2);
      if (name === 'Content-Type') this.type = value;
      if (!dropped.has(name.toLowerCase())) this.headers[name] = value;
    }
  }

  end(body: string | Uint8Array, encoding: BufferEncoding): void {
    // A copy: what a model answered is a view of more.
    this.body = typeof body === 'string' ? Buffer.from(body, encoding) : Buffer.from(body);
  }

  /** Replaces the answer. */
  fail(status: number, error: string): void {
    this.headers = {};
    this.status = status;
    this.type = 'application/json';
    this.body = Buffer.from(JSON.stringify({ error }));
  }
}
