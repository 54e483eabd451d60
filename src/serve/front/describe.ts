import packageJson from '../../../package.json' with { type: 'json' };
import { datatypes, openShape } from '../engine/datatypes.ts';
import type { PlannedValue } from '../engine/plan.ts';
import { requireVersion } from './require-version.ts';
import type { FrontContext, Named } from './route.ts';

/** The names of fields are those of the Open Inference Protocol, over REST and gRPC alike. */

export function describeServer() {
  return {
    name: packageJson.name,
    version: packageJson.version,
    extensions: ['binary_tensor_data', 'model_repository', 'statistics', 'model_configuration'],
  };
}

/** Refused with 404 if it is not served. */
export function describeModel(named: Named) {
  const served = requireVersion(named);
  const { models } = named.front;
  return {
    name: served.name,
    versions: models.versions(served.name).map(({ version }) => version),
    platform: 'onnxruntime_onnx',
    inputs: served.inputs.map(describeTensor),
    outputs: served.outputs.map(describeTensor),
  };
}

/** A type that nothing tells is said as what most models have; a request may say another. */
export function describeTensor({ name, dtype, shape }: PlannedValue) {
  return { name, datatype: datatypes[dtype ?? 'float32'], shape: openShape(shape) };
}

/** The statistics of the versions of a model, or of one of them. Refused with 404 as `describeModel`. */
export function describeStats(named: Named) {
  const { front, model, version } = named;
  const served = requireVersion(named);
  return statsOf(front, version === undefined ? front.models.versions(model) : [served]);
}

/** The statistics of everything that is served. */
export function describeAllStats(front: FrontContext) {
  const { models } = front;
  return statsOf(
    front,
    models.names().flatMap((name) => models.versions(name)),
  );
}

function statsOf({ observer }: FrontContext, versions: { name: string; version: string }[]) {
  return { model_stats: versions.map(({ name, version }) => observer.stats(name, version)) };
}

/** Every version that is served. */
export function describeIndex(front: FrontContext) {
  const { models } = front;
  const state = front.isReady() ? 'READY' : 'UNAVAILABLE';
  return models
    .names()
    .flatMap((name) => models.versions(name).map(({ version }) => ({ name, version, state, reason: '' })));
}
