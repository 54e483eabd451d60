import { MlregError } from '../core/errors.ts';
import { type StageName, type Reference, formatReference } from '../core/versions/reference.ts';
import { quote } from '../core/text/quote.ts';
import type { OnnxModel } from '../core/versions/onnx-model.ts';
import type { Signature } from '../core/versions/signature.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import { refuseLost } from '../storage/head.ts';
import { locationText } from './location.ts';
import type { Registry } from './registry.ts';

/**
 * USAGE for a range or `latest` in a verb that needs an exact version: a deletion is final, and
 * ranges and `latest` skip yanked versions.
 */
export function requireOne({ name, selector }: Required<Reference>, verb: 'delete' | 'unyank'): void {
  if (selector.kind !== 'range' && selector.kind !== 'latest') return;
  const [why, flags, list] =
    verb === 'delete'
      ? ['does not name exactly one version', ' --yes', '']
      : ['skips yanked versions', '', ' --all'];
  throw new MlregError('USAGE', `a range or latest ${why}`, {
    hint: `name one version: mlreg ${verb} ${name}@1.0.0${flags} (mlreg list ${name}${list} lists them)`,
  });
}

/** Refuses before long work what the store would refuse after it: see `refuseLost`. */
export async function refuseLostHistory(registry: Registry): Promise<void> {
  refuseLost(locationText(registry), await registry.metadata.head());
}

/**
 * The ONNX file of a version, its signature and its operators. INVALID_INPUT if the version is not
 * an ONNX model.
 */
export function requireOnnx({ name, version, format, entry, onnx }: VersionRecord): {
  entry: string;
  signature: Signature;
  operators: OnnxModel['operators'];
} {
  if (entry !== null && onnx !== null) return { entry, signature: onnx.signature, operators: onnx.operators };
  const ref = formatReference(name, version);
  throw new MlregError('INVALID_INPUT', `cannot run ${ref}: it is not an ONNX model (${quote(format)})`, {
    hint: 'register an ONNX export of the model',
  });
}

/**
 * CONFLICT if the version is yanked or deleted by now, which may have happened since it was
 * resolved.
 */
export async function refuseUnfit(
  registry: Registry,
  { name, version }: VersionRecord,
  stage: StageName,
): Promise<void> {
  const record = await registry.metadata.version(name, version);
  if (record?.yanked === null && record.deletedAt === null) return;
  const ref = formatReference(name, version);
  throw new MlregError(
    'CONFLICT',
    `cannot promote ${ref} to ${stage}: it is ${record?.yanked ? `yanked: ${record.yanked.reason}` : 'deleted'}`,
    {
      hint: record?.yanked
        ? `promote another version, or run mlreg unyank ${ref}`
        : `promote another version: mlreg list ${name}`,
      details: { ref },
    },
  );
}
