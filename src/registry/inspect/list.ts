import { currentMetadata } from '../../core/versions/amendments.ts';
import { parseModelPattern, type ModelPattern } from '../../core/versions/model-pattern.ts';
import { parseModelName, type ModelName, type StageName } from '../../core/versions/reference.ts';
import { parseVersion, sortKey, type Version } from '../../core/versions/version.ts';
import type { StagePointer, VersionRecord } from '../../core/versions/version-record.ts';
import { meets, type Condition } from '../../core/metadata/where.ts';
import type { ModelFacts } from '../../core/versions/model-facts.ts';
import type { ModelSummary } from '../../storage/versions.ts';
import { notAPage, placeOnPage, readPageToken } from '../page-token.ts';
import type { Registry } from '../registry.ts';
import { requireModel, requireStage } from '../resolve.ts';

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
  /** The declared stages, in order. */
  stages: StageName[];
  /** A filter was used, so an empty list does not mean that there is nothing. */
  filtered: boolean;
  /** The pattern of names that was asked for. */
  pattern?: string;
  /** What to pass as `page` for the next ones; null on the last page. */
  nextPage: string | null;
}

export interface VersionList extends ModelFacts {
  name: ModelName;
  /**
   * The current holders of the model's stages, in declared order, whether or not they are in the
   * list.
   */
  holders: { stage: StageName; version: Version }[];
  versions: ListedVersion[];
  /**
   * How many yanked versions this page leaves out: those above its last version that would be on it
   * otherwise. Counted up to 1000.
   */
  yankedHidden: number;
  filtered: boolean;
  nextPage: string | null;
}

/** Conditions that a version, or its model, must meet to be listed. */
export interface ListFilter {
  /** It holds this stage now. */
  stage?: StageName;
  /** It has these tags now. */
  tags?: Record<string, string>;
  /** Its metadata meets these conditions. */
  where?: readonly Condition[];
}

export interface ListInput extends ListFilter {
  limit: number;
  page?: string;
}

const slice = 500;

/**
 * Models by name. A filter checks each model's latest version, or with `stage` the holder of that
 * stage.
 */
export async function listModels(
  registry: Registry,
  input: ListInput & { match?: string },
): Promise<ModelList> {
  const { match, ...query } = input;
  if (query.stage !== undefined) await requireStage(registry, query.stage);
  const stages = await registry.metadata.stages();
  if (match === undefined)
    return { ...(await pageOfModels(registry, query)), stages, filtered: isFiltered(query) };
  const pattern = parseModelPattern(match);
  return { ...(await pageOfModels(registry, { ...query, pattern })), stages, filtered: true, pattern: match };
}

async function pageOfModels(
  registry: Registry,
  { limit, page, pattern, ...filter }: ListInput & { pattern?: ModelPattern },
): Promise<Pick<ModelList, 'models' | 'nextPage'>> {
  const { stage } = filter;
  const models: ModelSummary[] = [];
  let after =
    page === undefined ? undefined : placeOnPage(page, () => parseModelName(readPageToken(page, 'after')));
  for (;;) {
    registry.signal?.throwIfAborted();
    const { rows, next } = await registry.metadata.models({
      limit: looksInside(filter) ? slice : limit,
      ...(after === undefined ? {} : { after }),
      ...(stage === undefined ? {} : { stage }),
      ...(pattern === undefined ? {} : { pattern }),
    });
    for (const model of rows) {
      if (!(await isWanted(registry, model, filter))) continue;
      if (models.length === limit) return { models, nextPage: `after:${models.at(-1)?.name}` };
      models.push(model);
    }
    if (next === undefined) return { models, nextPage: null };
    if (models.length === limit && !looksInside(filter)) return { models, nextPage: `after:${next}` };
    after = next;
  }
}

function isFiltered(filter: ListFilter): boolean {
  return filter.stage !== undefined || looksInside(filter);
}

function looksInside({ tags = {}, where = [] }: ListFilter): boolean {
  return Object.keys(tags).length > 0 || where.length > 0;
}

async function isWanted(registry: Registry, model: ModelSummary, filter: ListFilter): Promise<boolean> {
  if (!looksInside(filter)) return true;
  const held = model.stages.find(({ stage }) => stage === filter.stage)?.version;
  const record =
    held === undefined
      ? await registry.metadata.latest(model.name)
      : await registry.metadata.version(model.name, held);
  return record !== undefined && matches(record, filter);
}

function matches(record: VersionRecord, { tags = {}, where = [] }: ListFilter): boolean {
  const tagged = Object.entries(tags).every(([key, value]) => record.tags[key] === value);
  return tagged && meets(currentMetadata(record), where);
}

/** Versions of a model by precedence, highest first; yanked ones only on request. */
export async function listVersions(
  registry: Registry,
  input: ListInput & { name: ModelName; yanked: boolean },
): Promise<VersionList> {
  const { name, stage } = input;
  await requireModel(registry, name);
  if (stage !== undefined) await requireStage(registry, stage);
  const pointers = await registry.metadata.pointers(name);
  const holders = pointers.flatMap(({ stage: held, version }) =>
    version === null ? [] : [{ stage: held, version }],
  );
  return {
    name,
    ...(await registry.metadata.modelFacts(name)),
    holders,
    filtered: isFiltered(input),
    ...(await pageOfVersions(registry, input, pointers)),
  };
}

async function pageOfVersions(
  registry: Registry,
  input: ListInput & { name: ModelName; yanked: boolean },
  pointers: readonly StagePointer[],
): Promise<Pick<VersionList, 'versions' | 'yankedHidden' | 'nextPage'>> {
  const { name, page, yanked, stage } = input;
  const below = page === undefined ? undefined : sortKey(readBelow(page, name));
  if (stage !== undefined) {
    const holder = pointers.find((pointer) => pointer.stage === stage)?.version;
    const record =
      holder === undefined || holder === null ? undefined : await registry.metadata.version(name, holder);
    const shown = record !== undefined && page === undefined && matches(record, input);
    return { versions: shown ? [toListed(record, pointers)] : [], yankedHidden: 0, nextPage: null };
  }
  const listed = await versionsBelow(registry, input, below, pointers);
  const last = listed.nextPage === null ? undefined : listed.versions.at(-1);
  const range = {
    ...(below === undefined ? {} : { below }),
    ...(last === undefined ? {} : { above: sortKey(last.version) }),
  };
  return { ...listed, yankedHidden: yanked ? 0 : await countYanked(registry, input, range) };
}

async function versionsBelow(
  registry: Registry,
  { name, limit, yanked, tags, where = [] }: ListInput & { name: ModelName; yanked: boolean },
  start: string | undefined,
  pointers: readonly StagePointer[],
): Promise<Pick<VersionList, 'versions' | 'nextPage'>> {
  const versions: ListedVersion[] = [];
  let below = start;
  for (;;) {
    registry.signal?.throwIfAborted();
    const { rows, next } = await registry.metadata.versions({
      name,
      limit: where.length > 0 ? slice : limit,
      yanked,
      ...(below === undefined ? {} : { below }),
      ...(tags === undefined ? {} : { tags }),
    });
    for (const record of rows) {
      if (!meets(currentMetadata(record), where)) continue;
      if (versions.length === limit)
        return { versions, nextPage: `below:${name}@${versions.at(-1)?.version}` };
      versions.push(toListed(record, pointers));
    }
    if (next === undefined) return { versions, nextPage: null };
    if (versions.length === limit && where.length === 0)
      return { versions, nextPage: `below:${name}@${versions.at(-1)?.version}` };
    below = next;
  }
}

const mostYanked = 1000;

/** The yanked versions in a range of sort keys that match the filter, up to `mostYanked`. */
async function countYanked(
  registry: Registry,
  filter: ListFilter & { name: ModelName },
  range: { below?: string; above?: string },
): Promise<number> {
  const { name, tags } = filter;
  const all = await registry.metadata.countYanked({ name, ...range, most: mostYanked });
  if (all === 0 || !looksInside(filter)) return all;
  let count = 0;
  for (let { below } = range; ;) {
    registry.signal?.throwIfAborted();
    const { rows, next } = await registry.metadata.versions({
      name,
      limit: slice,
      yanked: true,
      ...(below === undefined ? {} : { below }),
      ...(tags === undefined ? {} : { tags }),
    });
    for (const record of rows) {
      if (range.above !== undefined && sortKey(record.version) <= range.above) return count;
      if (record.yanked !== null && matches(record, filter)) count += 1;
      if (count === mostYanked) return count;
    }
    if (next === undefined) return count;
    below = next;
  }
}

/** Where the page before ended; it must be of the same model. */
function readBelow(page: string, name: ModelName): Version {
  const [model, version = ''] = readPageToken(page, 'below').split('@');
  if (model !== name) throw notAPage(page);
  return placeOnPage(page, () => parseVersion(version));
}

function toListed(record: VersionRecord, pointers: readonly StagePointer[]): ListedVersion {
  const { version, artifact, format, createdAt, yanked, tags } = record;
  return {
    version,
    digest: artifact.digest,
    size: artifact.size,
    format,
    createdAt,
    stages: pointers.filter((pointer) => pointer.version === version).map((pointer) => pointer.stage),
    yanked: yanked !== null,
    metrics: currentMetadata(record).metrics ?? {},
    tags,
  };
}
