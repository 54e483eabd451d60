import { MlregError } from '../../core/errors.ts';
import type { ModelName } from '../../core/versions/reference.ts';
import type { Version } from '../../core/versions/version.ts';
import { makingRoom } from '../maintain/on-full-disk.ts';
import { authorship, type Registry } from '../registry.ts';
import { requireModel } from '../resolve.ts';

export interface DeleteModelResult {
  name: ModelName;
  /** Those that were deleted, lowest first. */
  versions: { version: Version; digest: string }[];
  changed: true;
  warnings: string[];
}

/** Versions and references named in a message, at most. */
const mostNamed = 10;

/**
 * Removes a model with all its versions from every list, in one change. Its numbers are never
 * reused, and its events stay. CONFLICT while a stage points at one of them; then nothing changes.
 */
export async function deleteModel(
  registry: Registry,
  { name, message }: { name: ModelName; message?: string | undefined },
): Promise<DeleteModelResult> {
  const children = await childrenElsewhere(registry, name, await versionsOf(registry, name));
  const outcome = await makingRoom(registry, ({ metadata }) =>
    metadata.deleteModel({ name, ...authorship(registry, message) }),
  );
  if (outcome.outcome === 'gone') throw nothingLeft(name);
  if (outcome.outcome === 'held') {
    const held = outcome.holders.map(({ stage, version }) => `${version} holds ${stage}`).join(', ');
    throw new MlregError('CONFLICT', `${name} was not deleted: ${held}`, {
      hint: `empty the stage first: mlreg demote ${name} --stage ${outcome.holders[0]?.stage}`,
      details: { model: name, stages: outcome.holders.map(({ stage }) => stage) },
    });
  }
  const warnings =
    children.length === 0
      ? []
      : [
          `${named(children)} still ${children.length === 1 ? 'names' : 'name'} a version of ${name} as a parent`,
        ];
  return { name, versions: outcome.versions, changed: true, warnings };
}

/** The error that says what deleting a model would delete. NOT_FOUND if nothing is left of it. */
export async function wouldDelete(registry: Registry, name: ModelName): Promise<MlregError> {
  const versions = await versionsOf(registry, name);
  const count = versions.length === 1 ? '1 version' : `all ${versions.length} versions`;
  return new MlregError(
    'USAGE',
    `this would permanently delete the model ${name}, ${count} (${named(versions)}); nothing was changed`,
    { hint: `mlreg delete ${name} --yes  (for one version: mlreg delete ${name}@${versions[0]} --yes)` },
  );
}

/** Its versions that are not deleted, highest first. NOT_FOUND if there are none. */
async function versionsOf(registry: Registry, name: ModelName): Promise<Version[]> {
  await requireModel(registry, name);
  const versions: Version[] = [];
  for (let below: string | undefined; ;) {
    const from = below === undefined ? {} : { below };
    const { rows, next } = await registry.metadata.versions({ name, ...from, limit: 500, yanked: true });
    versions.push(...rows.map(({ version }) => version));
    if (next === undefined) break;
    below = next;
  }
  if (versions.length === 0) throw nothingLeft(name);
  return versions;
}

/** Versions of other models that were made from these. */
async function childrenElsewhere(
  registry: Registry,
  name: ModelName,
  versions: Version[],
): Promise<string[]> {
  const found = new Set<string>();
  for (const version of versions)
    for (const child of await registry.metadata.children(name, version))
      if (!child.startsWith(`${name}@`)) found.add(child);
  return [...found];
}

function nothingLeft(name: ModelName): MlregError {
  return new MlregError('NOT_FOUND', `all versions of ${name} were already deleted`, {
    hint: `mlreg history ${name}`,
  });
}

function named(names: readonly string[]): string {
  const more = names.length - mostNamed;
  return `${names.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
