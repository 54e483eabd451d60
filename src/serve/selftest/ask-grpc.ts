import { connect } from 'node:http2';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import type { TensorValue } from '../../onnx/feeds/feed-dtypes.ts';
import { datatypes, dtypeOf } from '../engine/datatypes.ts';
import { inferenceProtocol } from '../grpc/protocols.ts';
import { decodeMessage, encodeMessage, type MessageValues } from '../protobuf/described-message.ts';
import { rawBytes } from '../../onnx/tensors/raw-bytes.ts';
import { tensorOf } from './rest-bodies.ts';

const timeoutMs = 120_000;
/** A byte that says the message is not compressed, and its length. */
const prefixBytes = 5;

/**
 * What a version answers to `ModelInfer` with raw contents, or what went wrong. `url`: its scheme is
 * grpc, or grpcs for TLS.
 */
export async function askGrpc(
  url: URL,
  { name, version }: Pick<VersionRecord, 'name' | 'version'>,
  inputs: ReadonlyMap<string, TensorValue>,
  outputs: readonly string[],
  token: string | undefined,
): Promise<{ outputs: Map<string, TensorValue> } | { error: string }> {
  const message = encodeMessage(inferenceProtocol, 'inference.ModelInferRequest', {
    model_name: name,
    model_version: version,
    inputs: [...inputs].map(([input, { dtype, shape }]) => ({
      name: input,
      datatype: datatypes[dtype],
      shape,
    })),
    outputs: outputs.map((output) => ({ name: output })),
    raw_input_contents: [...inputs.values()].map(({ data }) => rawBytes(data)),
  });
  try {
    const { status, text, body } = await call(url, message, token);
    if (status !== 0) return { error: `gRPC status ${status}: ${text}` };
    const answer = decodeMessage(inferenceProtocol, 'inference.ModelInferResponse', body);
    if (answer['model_version'] !== version)
      return {
        error: `version ${JSON.stringify(answer['model_version'] ?? '')} answered instead of ${version}`,
      };
    return { outputs: tensorsOf(answer) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

function tensorsOf(answer: MessageValues): Map<string, TensorValue> {
  const heads = (answer['outputs'] ?? []) as readonly {
    name?: string;
    datatype?: string;
    shape?: number[];
  }[];
  const raw = (answer['raw_output_contents'] ?? []) as readonly Buffer[];
  return new Map(
    heads.map(({ name = '', datatype = '', shape = [] }, at) => {
      const dtype = dtypeOf(datatype);
      if (dtype === undefined) throw new Error(`output ${name} has the unknown datatype ${datatype}`);
      return [name, tensorOf(name, dtype, shape, raw[at] ?? Buffer.alloc(0))];
    }),
  );
}

function call(
  url: URL,
  message: Buffer,
  token: string | undefined,
): Promise<{ status: number; text: string; body: Buffer }> {
  const session = connect(url.href.replace(/^grpc/, 'http'));
  return new Promise<{ status: number; text: string; body: Buffer }>((resolve, reject) => {
    session.on('error', reject);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/inference.GRPCInferenceService/ModelInfer',
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    });
    stream.setTimeout(timeoutMs, () => stream.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    const told: Record<string, unknown> = {};
    const chunks: Buffer[] = [];
    stream.on('response', (headers) => Object.assign(told, headers));
    stream.on('trailers', (trailers) => Object.assign(told, trailers));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => {
      const text = plainText(told['grpc-message']);
      const body = Buffer.concat(chunks).subarray(prefixBytes);
      resolve({ status: Number(told['grpc-status'] ?? 2), text, body });
    });
    const prefix = Buffer.alloc(prefixBytes);
    prefix.writeUInt32BE(message.length, 1);
    stream.end(Buffer.concat([prefix, message]));
  }).finally(() => session.close());
}

/** gRPC's message has its unusual characters as in a URL. */
function plainText(message: unknown): string {
  if (typeof message !== 'string') return '';
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
