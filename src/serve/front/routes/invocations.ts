import packageJson from '../../../../package.json' with { type: 'json' };
import { codecIds } from '../../engine/codecs.ts';
import { mlflowHead } from '../../engine/mlflow-codec.ts';
import { Refusal, shown } from '../../engine/refusal.ts';
import { answerBytes, jsonType } from '../answer.ts';
import { inferOn } from '../infer-on.ts';
import type { Call, Route } from '../route.ts';
import { formatOf } from './predict.ts';

async function invocations(call: Call): Promise<void> {
  try {
    await invoke(call);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status, message } = error;
    throw new Refusal(status, message, { error_code: codeOf(status), message });
  }
}

/** By MLflow's names, in its databricks.proto. */
function codeOf(status: number): string {
  if (status === 429) return 'REQUEST_LIMIT_EXCEEDED';
  if (status === 503) return 'TEMPORARILY_UNAVAILABLE';
  return status < 500 ? 'BAD_REQUEST' : 'INTERNAL_ERROR';
}

/** The first model answers: MLflow's server has one. */
async function invoke(call: Call): Promise<void> {
  const { request, response, front } = call;
  const [first = ''] = front.models.names();
  call.model = first;
  const format = formatOf(request.headers['content-type']);
  if (format !== 'json' && format !== 'csv')
    throw new Refusal(
      415,
      `Content-Type ${shown(request.headers['content-type'])} is not supported here: use application/json or text/csv`,
    );
  const body = await request.readBody(front.limits.maxBodyBytes);
  const reply = await inferOn(call, { kind: codecIds.mlflow, head: mlflowHead[format], body });
  answerBytes(response, 200, reply.body, jsonType);
}

function healthy({ response, front }: Call): void {
  answerBytes(response, front.isReady() ? 200 : 503, Buffer.from('\n'), jsonType);
}

function version({ response }: Call): void {
  answerBytes(response, 200, Buffer.from(packageJson.version), 'text/plain');
}

/** The paths of MLflow's scoring server, which SageMaker asks for, too. */
export const invocationsRoutes: readonly Route[] = [
  { method: 'POST', path: '/invocations', infers: true, handle: invocations },
  { method: 'GET', path: '/ping', open: true, handle: healthy },
  { method: 'GET', path: '/health', open: true, handle: healthy },
  { method: 'GET', path: '/version', handle: version },
];
