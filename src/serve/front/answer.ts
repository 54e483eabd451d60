import { exchangeHeaders } from '../observe/exchange.ts';
import { Refusal } from '../engine/refusal.ts';
import type { FrontResponse } from './front-response.ts';

const json = 'application/json';

export function answerJson(response: FrontResponse, status: number, value: unknown): void {
  answerBytes(response, status, Buffer.from(JSON.stringify(value)), json);
}

/** Answers unless the client is gone. */
export function answerBytes(
  response: FrontResponse,
  status: number,
  body: Uint8Array,
  type: string,
  headers: Record<string, string | number> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const { exchange, noted } = response;
  if (exchange !== undefined) exchange.bytesOut = body.length;
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': body.length,
    ...(exchange === undefined ? {} : exchangeHeaders(exchange, noted)),
    ...headers,
  });
  response.end(body);
}

/** What to wait before a request that was refused for load is sent again, in seconds. */
const retryAfterSeconds = 1;

/** `{"error": …}`, with Retry-After where it is worth while. */
export function answerError(response: FrontResponse, error: unknown): void {
  const refusal = error instanceof Refusal ? error : new Refusal(500, 'internal error of the server');
  const { status, message } = refusal;
  const again: Record<string, number> =
    status === 429 || status === 503 ? { 'Retry-After': retryAfterSeconds } : {};
  answerBytes(response, status, Buffer.from(JSON.stringify({ error: message })), json, again);
}
