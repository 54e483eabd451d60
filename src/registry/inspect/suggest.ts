import { benchKind } from '../../core/measurements/bench.ts';
import { currentMetadata } from '../../core/versions/amendments.ts';
import type { ModelName, Reference } from '../../core/versions/reference.ts';
import type { Signature } from '../../core/versions/signature.ts';
import { keyMetrics } from '../../core/metadata/key-metrics.ts';
import { rangeBounds } from '../../core/versions/version.ts';
import type { StagePointer, VersionRecord } from '../../core/versions/version-record.ts';
import { rollbackTarget } from '../stages/rollback-target.ts';
import type { Registry } from '../registry.ts';
import { resolve } from '../resolve.ts';

/** A completion for what the user is typing, and a description. Neither is escaped for display. */
export interface Suggestion {
  word: string;
  about: string;
}

/** Models whose names begin with `start`, by name. */
export async function suggestModels(
  registry: Registry,
  { start, limit }: { start: string; limit: number },
): Promise<Suggestion[]> {
  const { rows } = await registry.metadata.models({ prefix: start, limit });
  return rows.map(({ name, latest, versions }) => ({
    word: name,
    about: `${versions === 1 ? '1 version' : `${versions} versions`}${latest === null ? '' : `, latest ${latest}`}`,
  }));
}

/** The latest benches of all models, those whose ids begin with `start`, newest first. */
export async function suggestBenches(
  registry: Registry,
  { start, limit }: { start: string; limit: number },
): Promise<Suggestion[]> {
  const { rows } = await registry.metadata.measurements(benchKind, { limit });
  return rows
    .filter(({ id }) => id.startsWith(start))
    .map(({ id, model, version, status }) => ({ word: id, about: `${model}@${version}, ${status}` }));
}

/**
 * Metrics of a model's highest versions, the most informative first, each with its latest value.
 */
export async function suggestMetrics(
  registry: Registry,
  { name, limit }: { name: ModelName; limit: number },
): Promise<Suggestion[]> {
  const { rows } = await registry.metadata.versions({ name, limit, yanked: true });
  const known = rows.map((record) => ({
    version: record.version,
    metrics: new Map(Object.entries(currentMetadata(record).metrics ?? {})),
  }));
  return keyMetrics(known.map(({ metrics }) => Object.fromEntries(metrics))).map((word) => {
    const latest = known.find(({ metrics }) => metrics.has(word));
    return { word, about: `${latest?.metrics.get(word)} in ${latest?.version}` };
  });
}

/** A version's current tags, with their values. */
export async function suggestTags(registry: Registry, ref: Reference): Promise<Suggestion[]> {
  const { tags } = await resolve(registry, ref);
  return Object.entries(tags).map(([word, about]) => ({ word, about }));
}

/** The inputs of a version; each of their named dimensions can be varied. */
export async function inputsOf(registry: Registry, ref: Reference): Promise<Signature['inputs']> {
  return (await resolve(registry, ref)).onnx?.signature.inputs ?? [];
}

/** The declared stages; for a model, what each of them points at. */
export async function suggestStages(registry: Registry, name?: ModelName): Promise<Suggestion[]> {
  const stages = await registry.metadata.stages();
  const pointers = name === undefined ? [] : await registry.metadata.pointers(name);
  return stages.map((stage) => {
    const held = pointers.find((pointer) => pointer.stage === stage)?.version;
    return { word: stage, about: held === null || held === undefined ? '' : `now ${held}` };
  });
}

/**
 * Versions of a model whose numbers begin with `start`, highest first. Empty if there is no such
 * model.
 */
export async function suggestVersions(
  registry: Registry,
  { name, start, limit }: { name: ModelName; start: string; limit: number },
): Promise<Suggestion[]> {
  const pointers = await registry.metadata.pointers(name);
  const records = await versionsThatBegin(registry, name, start, limit);
  return records.map((record) => ({ word: record.version, about: aboutVersion(record, pointers) }));
}

/**
 * References that begin with `start`: models, and what can follow a model's mark (`@`, `#`, or `/`
 * after `models:/`). The mark itself is also suggested if only one model is left, or if the name is
 * complete.
 */
export async function suggestReferences(
  registry: Registry,
  { start, limit }: { start: string; limit: number },
): Promise<Suggestion[]> {
  const lead = /^models:\/{1,3}/.exec(start)?.[0] ?? '';
  const rest = start.slice(lead.length);
  const within = async (at: number): Promise<Suggestion[]> => {
    const name = rest.slice(0, at) as ModelName;
    const mark = rest[at] ?? '';
    const selectors = await suggestSelectors(registry, { name, mark, start: rest.slice(at + 1), limit });
    return selectors.map(({ word, about }) => ({ word: `${lead}${name}${mark}${word}`, about }));
  };
  const at = rest.indexOf('@');
  if (at !== -1) return within(at);
  if (lead === '' && rest.includes('#')) return within(rest.indexOf('#'));

  const models = await suggestModels(registry, { start: rest, limit });
  if (models.length === 0) return lead === '' ? [] : within(rest.lastIndexOf('/'));
  const found = models.map(({ word, about }) => ({ word: lead + word, about }));
  const meant = models.length === 1 ? models[0]?.word : models.find(({ word }) => word === rest)?.word;
  if (meant === undefined) return found;
  const more = await suggestSelectors(registry, { name: meant as ModelName, mark: '@', start: '', limit });
  return [...found, ...more.map(({ word, about }) => ({ word: `${lead}${meant}@${word}`, about }))];
}

/** What may follow a model's name and a mark. */
async function suggestSelectors(
  registry: Registry,
  { name, mark, start, limit }: { name: ModelName; mark: string; start: string; limit: number },
): Promise<Suggestion[]> {
  const pointers = await registry.metadata.pointers(name);
  const stages: Suggestion[] = [];
  for (const pointer of pointers) {
    if (pointer.version === null) continue;
    stages.push({ word: pointer.stage, about: `now ${pointer.version}` });
    const before = (await rollbackTarget(registry, pointer, 1))?.version;
    if (typeof before === 'string') stages.push({ word: `${pointer.stage}~1`, about: `before: ${before}` });
  }
  const latest = await registry.metadata.latest(name);
  if (latest !== undefined) stages.push({ word: 'latest', about: `now ${latest.version}` });
  const records = await versionsThatBegin(
    registry,
    name,
    mark === '@' ? start : start.replace(/^v/, ''),
    limit,
  );
  const numbers = records.map((record) => ({ word: record.version, about: aboutVersion(record, pointers) }));
  const digests = records.map(({ version, artifact: { digest } }) => ({
    word: start.length <= shortDigest ? digest.slice(0, shortDigest) : digest,
    about: version,
  }));
  const all = mark === '/' ? numbers : mark === '#' ? stages : [...stages, ...numbers];
  return [...all, ...(start.startsWith('sha256:') ? digests : [])].filter(({ word }) =>
    word.startsWith(start),
  );
}

/** `sha256:` and twelve digits, as in `list`. */
const shortDigest = 19;

/** Starts reading at the first number that can match, instead of reading a long history in full. */
async function versionsThatBegin(
  registry: Registry,
  name: ModelName,
  start: string,
  limit: number,
): Promise<VersionRecord[]> {
  const line = /^\d{1,9}(?:\.\d{1,9})?(?=\.)/.exec(start)?.[0];
  const { highest } = line === undefined ? {} : rangeBounds(line);
  const below = highest === undefined ? {} : { below: highest };
  const { rows } = await registry.metadata.versions({ name, limit, yanked: true, ...below });
  return start.startsWith('sha256:') ? rows : rows.filter(({ version }) => version.startsWith(start));
}

function aboutVersion({ version, yanked }: VersionRecord, pointers: StagePointer[]): string {
  const stages = pointers.filter((pointer) => pointer.version === version).map(({ stage }) => stage);
  return [...stages, ...(yanked === null ? [] : ['yanked'])].join(', ');
}
