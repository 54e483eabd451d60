import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { TensorValue } from '../../onnx/feeds/feed-dtypes.ts';
import type { ServerAddress } from '../plan/server-address.ts';
import { decodeInfer, encodeInfer, type InferBody } from './oip-body.ts';

/** A server that answers for one version. Another protocol is another maker of this. */
export interface InferenceClient {
  /** Without credentials, for reports and the fingerprint. */
  url: string;
  /**
   * Rejects unless the server says that it serves this version: STORAGE if there is none, NOT_FOUND
   * for an unknown model, CONFLICT if it has other versions of it, AUTH if it wants another token.
   */
  requireVersion: () => Promise<void>;
  /** Makes a request once, so that only sending it is timed. INVALID_INPUT if it has no form. */
  prepare: (inputs: ReadonlyMap<string, TensorValue>) => InferBody;
  /** Sends it over a free connection. Rejects an Error with what the server said. */
  send: (body: InferBody) => Promise<Buffer>;
  /** Outputs by name, exactly as the model gave them. */
  infer: (inputs: ReadonlyMap<string, TensorValue>) => Promise<Map<string, TensorValue>>;
  close: () => void;
}

interface Answer {
  status: number;
  /** How many bytes of the body are JSON; 0: all. */
  head: number;
  body: Buffer;
}

const lengthHeader = 'inference-header-content-length';
/** An answer beyond this is not one. */
const mostBytes = 2 ** 28;

/**
 * A client of the Open Inference Protocol over HTTP, with at most `connections` connections, which
 * stay open. `signal` ends every request.
 */
export function httpClient(
  { url, token }: ServerAddress,
  {
    model,
    version,
    connections,
    signal,
  }: {
    model: string;
    version: string;
    connections: number;
    signal: AbortSignal;
  },
): InferenceClient {
  const secure = url.startsWith('https:');
  const options = { keepAlive: true, maxSockets: connections };
  const agent = secure ? new HttpsAgent(options) : new HttpAgent(options);
  const open = secure ? httpsRequest : httpRequest;
  const path = `/v2/models/${model}`;
  const inferPath = `${path}/versions/${encodeURIComponent(version)}/infer`;
  const common = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  let binary = false;

  function ask(method: string, at: string, sent: Buffer | null, head: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = {
        ...common,
        ...(sent === null
          ? {}
          : {
              'Content-Type': head === 0 ? 'application/json' : 'application/octet-stream',
              'Content-Length': sent.length,
            }),
        ...(head === 0 ? {} : { [lengthHeader]: head }),
      };
      const request = open(url + at, { method, agent, headers, signal }, (response) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on('data', (part: Buffer) => {
          bytes += part.length;
          if (bytes > mostBytes) request.destroy(new Error('the answer is larger than 256 MiB'));
          else parts.push(part);
        });
        response.on('error', reject);
        response.on('end', () => {
          const [body] = parts;
          resolve({
            status: response.statusCode ?? 0,
            head: Number(response.headers[lengthHeader] ?? 0),
            body: parts.length === 1 && body !== undefined ? body : Buffer.concat(parts),
          });
        });
      });
      request.on('error', reject);
      request.end(sent ?? undefined);
    });
  }

  async function send({ bytes, head }: InferBody): Promise<Answer> {
    const answer = await ask('POST', inferPath, bytes, head);
    if (answer.status !== 200) throw new Error(`the server answered ${said(answer)}`);
    // Looking for it is much cheaper than parsing, and a name cannot contain quotes.
    const start = answer.body.toString('latin1', 0, 400);
    if (!start.includes(`"model_version":"${version}"`) && versionIn(answer) !== version)
      throw new Error(`the server answered with version ${quote(versionIn(answer))}, not ${version}`);
    return answer;
  }

  return {
    url,
    requireVersion: async () => {
      const answer = await ask('GET', path, null, 0).catch((cause: unknown) => {
        if (signal.aborted) throw cause;
        throw new MlregError('STORAGE', `no server answers at ${url}: ${messageOf(cause)}`, {
          hint: 'start one: mlreg serve NAME@VERSION --port 8080',
          cause,
        });
      });
      if (answer.status === 401 || answer.status === 403) {
        throw new MlregError(
          'AUTH',
          `${url} ${token === undefined ? 'wants a token' : 'refuses the token'} (${answer.status})`,
          { hint: 'give it with --token-file PATH, or in MLREG_SERVE_TOKEN' },
        );
      }
      if (answer.status === 404) {
        throw new MlregError('NOT_FOUND', `${url} does not serve ${quote(model)}`, {
          hint: `see what it serves: curl -X POST ${url}/v2/repository/index`,
        });
      }
      const versions = answer.status === 200 ? versionsIn(answer) : undefined;
      if (versions === undefined) {
        throw new MlregError(
          'STORAGE',
          `${url} does not speak the Open Inference Protocol: GET ${path} gives ${said(answer)}`,
          { hint: 'the address must be the one before /v2' },
        );
      }
      if (!versions.includes(version)) {
        throw new MlregError(
          'CONFLICT',
          `${url} serves ${model} ${versions.map((one) => quote(one)).join(', ') || 'without a version'}, not ${version}`,
          { hint: 'measure a version that it serves, or serve this one' },
        );
      }
      binary = hasBinary(await ask('GET', '/v2', null, 0));
    },
    prepare: (inputs) => encodeInfer(inputs, binary ? 'where-needed' : 'never'),
    send: async (body) => (await send(body)).body,
    infer: async (inputs) => decodeInfer(await send(encodeInfer(inputs, binary ? 'always' : 'never'))),
    close: () => agent.destroy(),
  };
}

function parsed({ body, head }: Answer): Record<string, unknown> {
  try {
    const value = JSON.parse(body.toString('utf8', 0, head === 0 ? body.length : head)) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function versionIn(answer: Answer): string {
  const { model_version: version } = parsed(answer);
  return typeof version === 'string' ? version : '';
}

function versionsIn(answer: Answer): string[] | undefined {
  const { versions } = parsed(answer);
  return Array.isArray(versions) ? versions.map(String) : undefined;
}

function hasBinary(answer: Answer): boolean {
  const { extensions } = parsed(answer);
  return Array.isArray(extensions) && extensions.includes('binary_tensor_data');
}

function said(answer: Answer): string {
  const { error } = parsed(answer);
  return `${answer.status}${typeof error === 'string' ? `: ${error.slice(0, 500)}` : ''}`;
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
