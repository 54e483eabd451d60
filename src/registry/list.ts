import { MlregError } from '../core/errors.ts';
import { parseModelName, type ModelName } from '../core/model-name.ts';
import { quote } from '../core/quote.ts';
import type { StageName } from '../core/stage.ts';
import { parseVersion, sortKey, type Version } from '../core/version.ts';
import type { ModelSummary } from '../storage/metadata-store.ts';
import type { Registry } from './registry.ts';
import { requireModel } from './resolve.ts';

export interface ListedVersion {
  version: Version;
  digest: string;
  size: number;
  format: string;
  createdAt: number;
  stages: StageName[];
  yanked: boolean;
  metrics: Record<string, number>;
  tags: Record<string, string>;
}

export interface ModelList {
  models: ModelSummary[];
  /** What to pass as `page` for the next ones; null on the last page. */
  nextPage: string | null;
}

export interface VersionList {
  name: ModelName;
  versions: ListedVersion[];
  nextPage: string | null;
}

/** Models by name. */
export async function listModels(
  registry: Registry,
  { limit, page }: { limit: number; page?: string },
): Promise<ModelList> {
  const after = page === undefined ? {} : { after: parseModelName(readToken(page, 'after')) };
  const { rows, next } = await registry.metadata.models({ limit, ...after });
  return { models: rows, nextPage: next === undefined ? null : `after:${next}` };
}

/** Versions of a model by precedence, highest first, yanked ones only on request. */
export async function listVersions(
  registry: Registry,
  { name, limit, page, yanked }: { name: ModelName; limit: number; page?: string; yanked: boolean },
): Promise<VersionList> {
  await requireModel(registry, name);
  const below = page === undefined ? {} : { below: sortKey(parseVersion(readToken(page, 'below'))) };
  const { rows, next } = await registry.metadata.versions({ name, limit, yanked, ...below });
  const pointers = await registry.metadata.pointers(name);
  const versions = rows.map((record) => ({
    version: record.version,
    digest: record.artifact.digest,
    size: record.artifact.size,
    format: record.format,
    createdAt: record.createdAt,
    stages: pointers.filter((pointer) => pointer.version === record.version).map((pointer) => pointer.stage),
    yanked: record.yanked !== null,
    metrics: record.metadata.metrics ?? {},
    tags: record.tags,
  }));
  return { name, versions, nextPage: next === undefined ? null : `below:${rows.at(-1)?.version}` };
}

/** A page token says where to go on; what was made up, or belongs to another list, is INVALID_INPUT. */
function readToken(token: string, kind: 'after' | 'below'): string {
  if (token.startsWith(`${kind}:`)) return token.slice(kind.length + 1);
  throw new MlregError('INVALID_INPUT', `${quote(token)} is not a page of this list`, {
    hint: 'pass the nextPage that the same list gave before',
  });
}
