import { pagePolicy } from '../observe/page.ts';
import { exchangeHeaders } from '../observe/exchange.ts';
import { Refusal } from '../engine/refusal.ts';
import type { Answering } from './front-response.ts';

/** A list: a header for each. */
type Headers = Readonly<Record<string, string | number | readonly string[]>>;

export const jsonType = 'application/json';

/** Up to this size, headers and body leave in one write of one text. */
const textBytes = 1 << 14;

export function answerJson(response: Answering, status: number, value: unknown): void {
  answerBytes(response, status, Buffer.from(JSON.stringify(value)), jsonType);
}

/** A page of HTML, which is not kept. */
export function answerPage(response: Answering, status: number, page: string): void {
  answerBytes(response, status, Buffer.from(page), 'text/html; charset=utf-8', pageHeaders);
}

const pageHeaders = {
  'Cache-Control': 'no-store',
  Vary: 'Accept',
  'Content-Security-Policy': pagePolicy,
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** 204, which has neither a body nor its length. */
export function answerNothing(response: Answering): void {
  if (response.headersSent || response.destroyed) return;
  const headers: string[] = [];
  if (response.exchange !== undefined)
    addHeaders(headers, exchangeHeaders(response.exchange, response.noted));
  response.writeHead(204, headers);
  response.end('', 'latin1');
}

/** Answers unless the client is gone. */
export function answerBytes(
  response: Answering,
  status: number,
  body: Uint8Array,
  type: string,
  headers?: Headers,
): void {
  if (response.headersSent || response.destroyed) return;
  const { exchange, noted } = response;
  if (body.length > textBytes && response.holdUnread?.(body.length) === false)
    return answerError(
      response,
      new Refusal(503, 'answers that other clients do not read take all the memory that is meant for them'),
    );
  if (exchange !== undefined) exchange.bytesOut = body.length;
  // Names and values in turn, which Node writes as they are.
  const flat = ['Content-Type', type, 'Content-Length', String(body.length)];
  if (exchange !== undefined) addHeaders(flat, exchangeHeaders(exchange, noted));
  if (headers !== undefined) addHeaders(flat, headers);
  response.writeHead(status, flat);
  // Node sends a text together with the headers; of Latin-1, its characters are the bytes.
  if (body.length <= textBytes) response.end(asBuffer(body).toString('latin1'), 'latin1');
  else response.end(body, 'latin1');
  response.watchUnread?.();
}

function addHeaders(flat: string[], headers: Headers): void {
  for (const name in headers) for (const value of [headers[name]].flat()) flat.push(name, String(value));
}

function asBuffer(body: Uint8Array): Buffer {
  return body instanceof Buffer ? body : Buffer.from(body.buffer, body.byteOffset, body.length);
}

/** One in each header: Chromium reads only the first of a list. */
const challenges = ['Bearer realm="mlreg"', 'Basic realm="mlreg"'];

/** What to wait before a request that was refused for load is sent again, in seconds. */
const retryAfterSeconds = 1;

/** `{"error": …}`, with Retry-After where it is worth while. */
export function answerError(response: Answering, error: unknown): void {
  const refusal = error instanceof Refusal ? error : new Refusal(500, 'internal error of the server');
  const { status, message, also } = refusal;
  const again: Headers =
    status === 429 || status === 503
      ? { 'Retry-After': retryAfterSeconds }
      : status === 401
        ? { 'WWW-Authenticate': challenges }
        : {};
  answerBytes(response, status, Buffer.from(JSON.stringify({ error: message, ...also })), jsonType, again);
}
