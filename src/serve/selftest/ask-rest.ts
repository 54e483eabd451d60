import { request as askHttp } from 'node:http';
import { request as askHttps } from 'node:https';
import { MlregError } from '../../core/errors.ts';
import { formatReference } from '../../core/versions/reference.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import type { TensorValue } from '../../onnx/feeds/feed-dtypes.ts';
import { readAnswer, type RestBody } from './rest-bodies.ts';

type Asked = Pick<VersionRecord, 'name' | 'version'>;

/** What a version answered, or what went wrong. Rejects NOT_FOUND if no server answers. */
export async function askRest(
  url: URL,
  asked: Asked,
  { bytes, head }: RestBody,
  token: string | undefined,
): Promise<{ outputs: Map<string, TensorValue> } | { error: string }> {
  const headers: Record<string, string> =
    head === 0 ? {} : { 'inference-header-content-length': String(head) };
  const answer = await send(url, `${pathOf(asked)}/infer`, token, { headers, body: bytes });
  const text = (): string => answer.body.toString('utf8').slice(0, 500);
  if (answer.status !== 200) return { error: `status ${answer.status}: ${text()}` };
  try {
    const { version, outputs } = readAnswer({ bytes: answer.body, head: answer.head });
    if (version === asked.version) return { outputs };
    return { error: `version ${String(version)} answered instead of ${asked.version}` };
  } catch (error) {
    return { error: `an answer that is not of the protocol: ${(error as Error).message}` };
  }
}

/** Rejects NOT_FOUND unless the server serves exactly this version, AUTH if it wants a token. */
export async function checkServes(url: URL, asked: Asked, token: string | undefined): Promise<void> {
  const { status } = await send(url, pathOf(asked), token);
  if (status === 200) return;
  const ref = formatReference(asked.name, asked.version);
  if (status === 401 || status === 403)
    throw new MlregError('AUTH', `${url.origin} asks for a token, or refuses the one it got`, {
      hint: 'put the token into a file and use --token-file FILE, or set MLREG_SERVE_TOKEN',
    });
  throw new MlregError('NOT_FOUND', `${url.origin} does not serve ${ref}: it answers with status ${status}`, {
    hint: `see what it serves: mlreg serve status ${url.origin}`,
  });
}

function pathOf({ name, version }: Asked): string {
  return `/v2/models/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`;
}

interface Sent {
  status: number;
  /** Bytes of JSON at the start of a binary answer; 0: no binary data. */
  head: number;
  body: Buffer;
}

const timeoutMs = 120_000;

function send(
  base: URL,
  path: string,
  token: string | undefined,
  post?: { headers: Record<string, string>; body: Buffer },
): Promise<Sent> {
  const ask = base.protocol === 'https:' ? askHttps : askHttp;
  const prefix = base.pathname.replace(/\/$/, '');
  const headers = {
    ...post?.headers,
    ...(post === undefined ? {} : { 'content-length': String(post.body.length) }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const method = post === undefined ? 'GET' : 'POST';
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void =>
      reject(
        new MlregError('NOT_FOUND', `no server answers at ${base.origin}: ${cause.message}`, {
          hint: 'check the address, or leave --url out: a server is started for the test',
          cause,
        }),
      );
    const request = ask(
      new URL(prefix + path, base),
      { method, headers, agent: false, timeout: timeoutMs },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            head: Number(response.headers['inference-header-content-length'] ?? 0),
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    request.on('error', fail);
    request.end(post?.body);
  });
}
