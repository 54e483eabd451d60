import packageJson from '../../../../package.json' with { type: 'json' };
import { datatypes, openShape } from '../../engine/datatypes.ts';
import type { PlannedValue } from '../../engine/plan.ts';
import { answerJson } from '../answer.ts';
import { requireVersion } from '../require-version.ts';
import type { Call, Route } from '../route.ts';

function server({ response }: Call): void {
  answerJson(response, 200, {
    name: packageJson.name,
    version: packageJson.version,
    extensions: ['binary_tensor_data', 'model_repository', 'statistics', 'model_configuration'],
  });
}

function metadata(call: Call): void {
  const served = requireVersion(call);
  const { models } = call.front;
  answerJson(call.response, 200, {
    name: served.name,
    versions: models.versions(served.name).map(({ version }) => version),
    platform: 'onnxruntime_onnx',
    inputs: served.inputs.map(tensorOf),
    outputs: served.outputs.map(tensorOf),
  });
}

/** A type that nothing tells is said as what most models have; a request may say another. */
function tensorOf({ name, dtype, shape }: PlannedValue) {
  return { name, datatype: datatypes[dtype ?? 'float32'], shape: openShape(shape) };
}

function ready(call: Call): void {
  const served = requireVersion(call);
  const isReady = call.front.isReady();
  answerJson(call.response, isReady ? 200 : 503, { name: served.name, ready: isReady });
}

function config(call: Call): void {
  const served = requireVersion(call);
  answerJson(call.response, 200, {
    name: served.name,
    platform: 'onnxruntime_onnx',
    backend: 'onnxruntime',
    max_batch_size: 0,
    input: served.inputs.map(configOf),
    output: served.outputs.map(configOf),
  });
}

function configOf(value: PlannedValue) {
  const { name, datatype, shape } = tensorOf(value);
  return { name, data_type: `TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}`, dims: shape };
}

/** Clients of Triton send an empty body, or `{"ready": true}`; all that is served is ready. */
function index({ response, front }: Call): void {
  const state = front.isReady() ? 'READY' : 'UNAVAILABLE';
  answerJson(
    response,
    200,
    front.models
      .names()
      .flatMap((name) =>
        front.models.versions(name).map(({ version }) => ({ name, version, state, reason: '' })),
      ),
  );
}

/** What is served, and what a model takes and gives. */
export const modelRoutes: readonly Route[] = [
  { method: 'GET', path: '/v2', handle: server },
  { method: 'GET', path: '/v2/models/{model}', handle: metadata },
  { method: 'GET', path: '/v2/models/{model}/versions/{version}', handle: metadata },
  { method: 'GET', path: '/v2/models/{model}/ready', handle: ready },
  { method: 'GET', path: '/v2/models/{model}/versions/{version}/ready', handle: ready },
  { method: 'GET', path: '/v2/models/{model}/config', handle: config },
  { method: 'GET', path: '/v2/models/{model}/versions/{version}/config', handle: config },
  { method: 'POST', path: '/v2/repository/index', handle: index },
];
