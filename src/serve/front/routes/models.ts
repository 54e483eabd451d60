import type { PlannedValue } from '../../engine/plan.ts';
import { answerJson } from '../answer.ts';
import { describeIndex, describeModel, describeServer, describeTensor } from '../describe.ts';
import { requireVersion } from '../require-version.ts';
import type { Call, Route } from '../route.ts';

function server({ response }: Call): void {
  answerJson(response, 200, describeServer());
}

function metadata(call: Call): void {
  answerJson(call.response, 200, describeModel(call));
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
  const { name, datatype, shape } = describeTensor(value);
  return { name, data_type: `TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}`, dims: shape };
}

/** Clients of Triton send an empty body, or `{"ready": true}`; all that is served is ready. */
function index({ response, front }: Call): void {
  answerJson(response, 200, describeIndex(front));
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
