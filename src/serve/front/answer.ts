import type { ServerResponse } from 'node:http';
import { Refusal } from '../engine/refusal.ts';

const json = 'application/json';

export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  answerBytes(response, status, Buffer.from(JSON.stringify(value)), json);
}

/** Answers unless the client is gone. */
export function answerBytes(
  response: ServerResponse,
  status: number,
  body: Uint8Array,
  type: string,
  headers: Record<string, string | number> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': body.length, ...headers });
  response.end(body);
}

/** What to wait before a request that was refused for load is sent again, in seconds. */
const retryAfterSeconds = 1;

/** `{"error": …}`, with Retry-After where it is worth while. */
export function answerError(response: ServerResponse, error: unknown): void {
  const refusal = error instanceof Refusal ? error : new Refusal(500, 'internal error of the server');
  const { status, message } = refusal;
  const again: Record<string, number> =
    status === 429 || status === 503 ? { 'Retry-After': retryAfterSeconds } : {};
  answerBytes(response, status, Buffer.from(JSON.stringify({ error: message })), json, again);
}
