import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import type { OnnxModel } from '../core/versions/onnx-model.ts';
import {
  type ModelName,
  type Reference,
  type Selector,
  type StageName,
  formatReference,
} from '../core/versions/reference.ts';
import type { Signature } from '../core/versions/signature.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import { rangeBounds, satisfies } from '../core/versions/version.ts';
import { locationText, type Registry } from './registry.ts';
import { rollbackTarget } from './stages/rollback-target.ts';

/**
 * Finds the version that a reference means; a bare name means `latest`. NOT_FOUND says what is
 * missing and what to run instead.
 */
export async function resolve(registry: Registry, { name, selector }: Reference): Promise<VersionRecord> {
  const found = await find(registry, name, selector ?? { kind: 'latest' });
  if (found !== undefined) return found;
  await requireModel(registry, name);
  const { rows } = await registry.metadata.versions({ name, limit: 1, yanked: true });
  if (rows.length === 0) {
    throw new MlregError('NOT_FOUND', `all versions of ${name} were deleted`, {
      hint: `see when and why: mlreg history ${name}`,
    });
  }
  throw new MlregError('NOT_FOUND', unmatched(name, selector ?? { kind: 'latest' }), {
    hint: `list all versions, including yanked ones: mlreg list ${name} --all`,
  });
}

async function find(
  registry: Registry,
  name: ModelName,
  selector: Selector,
): Promise<VersionRecord | undefined> {
  const { metadata } = registry;
  switch (selector.kind) {
    case 'latest':
      return metadata.latest(name);
    case 'version': {
      const record = await metadata.version(name, selector.version);
      if (record === undefined || record.deletedAt === null) return record;
      throw new MlregError(
        'NOT_FOUND',
        `${name}@${selector.version} was deleted; its number cannot be reused`,
        { hint: `mlreg history ${name}` },
      );
    }
    case 'range':
      return highestInRange(registry, name, selector.range);
    case 'stage':
      return holder(registry, name, selector.stage, selector.back);
    case 'digest':
      return byDigest(registry, name, selector.prefix);
  }
}

/** Reads only the versions that the range could match, however many others there are. */
async function highestInRange(
  registry: Registry,
  name: ModelName,
  range: string,
): Promise<VersionRecord | undefined> {
  const { lowest = '', highest } = rangeBounds(range);
  for (let below = highest; ;) {
    const from = below === undefined ? {} : { below };
    const { rows, next } = await registry.metadata.versions({ name, ...from, limit: 50, yanked: false });
    const hit = rows.find((row) => satisfies(row.version, range));
    if (hit !== undefined || next === undefined || next < lowest) return hit;
    below = next;
  }
}

/**
 * Reads the pointer first and explains a failure later: a stage that is not empty costs one read.
 */
async function holder(
  registry: Registry,
  name: ModelName,
  stage: StageName,
  back: number,
): Promise<VersionRecord | undefined> {
  const pointer = await registry.metadata.pointer(name, stage);
  const version = back === 0 ? pointer.version : (await rollbackTarget(registry, pointer, back))?.version;
  if (typeof version === 'string') return registry.metadata.version(name, version);
  await requireStage(registry, stage);
  if (!(await registry.metadata.hasModel(name))) return undefined;
  if (back === 0) {
    throw new MlregError('NOT_FOUND', `${stage} of ${name} is empty`, {
      hint: `mlreg promote ${name}@VERSION --to ${stage}`,
    });
  }
  throw new MlregError(
    'NOT_FOUND',
    back === 1
      ? `${stage} of ${name} has no earlier version to return to`
      : `${stage} of ${name} cannot be rolled back ${back} times`,
    {
      hint: `see its history: mlreg history ${name} --stage ${stage}`,
    },
  );
}

/** NOT_FOUND unless a version of the model was ever registered. */
export async function requireModel(registry: Registry, name: ModelName): Promise<void> {
  if (await registry.metadata.hasModel(name)) return;
  throw new MlregError('NOT_FOUND', `no model ${quote(name)} in ${locationText(registry)}`, {
    hint: 'list the models: mlreg list',
  });
}

/** NOT_FOUND unless the registry declares the stage. */
export async function requireStage(registry: Registry, stage: StageName): Promise<void> {
  const declared = await registry.metadata.stages();
  if (declared.includes(stage)) return;
  throw new MlregError('NOT_FOUND', `unknown stage ${quote(stage)}`, {
    hint: `declared stages: ${declared.join(', ')}`,
  });
}

/**
 * If several versions have this digest, the highest that is not yanked. If all are yanked, one of
 * them: a user who holds the bytes must be able to find out what they are.
 */
async function byDigest(
  registry: Registry,
  name: ModelName,
  prefix: string,
): Promise<VersionRecord | undefined> {
  const [digest, another] = await registry.metadata.digests(name, prefix);
  if (digest === undefined) return undefined;
  if (another !== undefined) {
    throw new MlregError(
      'INVALID_INPUT',
      `${quote(prefix)} is ambiguous: several digests of ${name} start with it`,
      {
        hint: `use more digits: ${digest} or ${another}`,
      },
    );
  }
  return registry.metadata.byDigest(name, digest);
}

function unmatched(name: ModelName, selector: Selector): string {
  switch (selector.kind) {
    case 'latest':
      return `${name} has no version that is not yanked`;
    case 'version':
      return `no version ${selector.version} of ${name}`;
    case 'range':
      return `no version of ${name} matches ${quote(selector.range)} (yanked versions do not count)`;
    case 'stage':
      return `${selector.stage} of ${name} is empty`;
    case 'digest':
      return `no version of ${name} has a digest that starts with ${selector.prefix}`;
  }
}

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
    hint: 'register an ONNX export of the model (see mlreg help from-training)',
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
