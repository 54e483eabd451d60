import { request as askHttp, type IncomingMessage } from 'node:http';
import { request as askHttps } from 'node:https';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';

const timeoutMs = 10_000;
const mostBytes = 16_000_000;

/**
 * The JSON that a server tells of its state. NOT_FOUND if nothing answers there, AUTH if it wants a
 * token or another one, INVALID_INPUT if it is not a server of `mlreg serve`.
 */
export async function askStatus(url: URL, token: string | undefined, signal: AbortSignal): Promise<unknown> {
  const { status, text } = await get(url, token, signal);
  if (status === 401) throw refused(url, token);
  if (status === 403)
    throw new MlregError('AUTH', `${url.origin} refuses the request: ${text.slice(0, 300)}`, {
      hint: 'use the address that mlreg serve prints, or start it with --allow-host NAME',
    });
  if (status !== 200) throw notOurs(url, `it answers with status ${status}`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw notOurs(url, 'its answer is not JSON');
  }
}

/** A server's address as people write it: `http://` may be left out. USAGE for anything else. */
export function parseServerUrl(text: string): URL {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '')
    return url;
  throw new MlregError('USAGE', `${quote(text)} is not the address of a server`, {
    hint: 'write http://HOST:PORT, for example http://127.0.0.1:8080; a token comes from --token-file',
  });
}

/** A server's address for gRPC, `grpc://HOST:PORT` or `grpcs://`. USAGE for anything else. */
export function parseGrpcUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^grpcs?:$/.test(url.protocol) && url.host !== '' && url.username === '')
    return url;
  throw new MlregError('USAGE', `${quote(text)} is not the address of a server for gRPC`, {
    hint: 'write grpc://HOST:PORT, for example grpc://127.0.0.1:8081',
  });
}

export function notOurs(url: URL, why: string): MlregError {
  return new MlregError('INVALID_INPUT', `${url.origin} is not a server of mlreg serve: ${why}`, {
    hint: 'use the address that mlreg serve prints, for example http://127.0.0.1:8080',
  });
}

function refused(url: URL, token: string | undefined): MlregError {
  return token === undefined
    ? new MlregError('AUTH', `${url.origin} asks for a token`, {
        hint: 'put it into a file and use --token-file FILE, or set MLREG_SERVE_TOKEN',
      })
    : new MlregError('AUTH', `${url.origin} refuses the token`, {
        hint: 'check the token of --token-file or MLREG_SERVE_TOKEN against those of the server',
      });
}

function get(
  url: URL,
  token: string | undefined,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  const headers = {
    accept: 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const ask = url.protocol === 'https:' ? askHttps : askHttp;
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(signal.aborted ? (signal.reason as Error) : gone(url, cause));
    const request = ask(url, { headers, signal, timeout: timeoutMs, agent: false }, (response) => {
      collect(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), fail);
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    request.on('error', fail);
    request.end();
  });
}

async function collect(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Error(`its answer is larger than ${mostBytes / 1e6} MB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function gone(url: URL, cause: Error): MlregError {
  return new MlregError('NOT_FOUND', `no server answers at ${url.origin}: ${cause.message}`, {
    hint: `start one with mlreg serve NAME@production${url.port === '' ? '' : ` --port ${url.port}`}, or check the address`,
    cause,
  });
}
