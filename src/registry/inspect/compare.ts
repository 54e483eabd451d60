import { type BenchComparison, compareBenches } from '../../core/comparison/bench-comparison.ts';
import { benchFigures } from '../../core/comparison/bench-figures.ts';
import { type FileComparison, compareFiles } from '../../core/comparison/file-changes.ts';
import { type GraphComparison, compareGraphs } from '../../core/comparison/graph-comparison.ts';
import { MlregError } from '../../core/errors.ts';
import {
  type StageName,
  type ModelName,
  type Reference,
  formatReference,
} from '../../core/versions/reference.ts';
import { benchKind, benchRecord } from '../../core/measurements/bench.ts';
import { currentMetadata, type MetricAmendment, latestOfEach } from '../../core/versions/amendments.ts';
import { type ComparedNumber, compareNumbers } from '../../core/metadata/metric-change.ts';
import { metricDirection } from '../../core/metadata/metric-direction.ts';
import { type Compared, sideBySide } from '../../core/text/side-by-side.ts';
import type { OnnxModel } from '../../core/versions/onnx-model.ts';
import { type SignatureChange, compareSignatures } from '../../core/versions/signature-change.ts';
import type { StagePointer, VersionRecord } from '../../core/versions/version-record.ts';
import type { Version } from '../../core/versions/version.ts';
import { metricDirections } from '../stored-policy.ts';
import type { Registry } from '../registry.ts';
import { resolve } from '../resolve.ts';
import { amendmentsOf } from '../versions/amendments.ts';

export interface ComparedVersion {
  ref: string;
  name: ModelName;
  version: Version;
  digest: string;
  /** Bytes. */
  size: number;
  format: string;
  /** Epoch milliseconds. */
  createdAt: number;
  stages: StageName[];
  yanked: boolean;
}

/** What callers of the first version would notice after a switch to another one. */
export interface ComparedSignature {
  /** Of the other version. */
  ref: string;
  /** Null if one of the two has no signature. */
  compatible: boolean | null;
  changes: SignatureChange[];
}

export interface ComparedData {
  name: string;
  /** The hash of the data, or else its location; undefined for a version without this data. */
  hashes: (string | undefined)[];
  /** Null if all versions have it, but a hash is unknown or from another algorithm. */
  same: boolean | null;
}

/** Lists are in the order of `versions`; changes are relative to the first. */
export interface CompareResult {
  versions: ComparedVersion[];
  metrics: ComparedNumber[];
  /** Metrics that were changed after their version was registered, in the order of `versions`. */
  amendments: (MetricAmendment & { ref: string })[];
  params: Compared<string | number | boolean | null>[];
  tags: Compared<string>[];
  data: ComparedData[];
  size: ComparedNumber;
  /** For every version after the first. */
  signatures: ComparedSignature[];
  /** Null if no version is an ONNX model. */
  graph: GraphComparison | null;
  files: FileComparison;
  benches: BenchComparison;
}

/** How many versions fit side by side. */
const mostCompared = 10;
const benchesLookedAt = 50;

/** USAGE unless there are 2 to `mostCompared` references. */
export function requireSeveral(references: readonly unknown[]): void {
  const { length } = references;
  if (length >= 2 && length <= mostCompared) return;
  throw new MlregError('USAGE', `expected 2 to ${mostCompared} references, got ${length}`, {
    hint:
      length < 2
        ? 'for example mlreg compare digits@production digits'
        : 'compare fewer; mlreg list NAME shows the metrics of all versions of a model',
  });
}

/** Compares versions of one or several models with the first one. USAGE as in `requireSeveral`. */
export async function compare(registry: Registry, references: Reference[]): Promise<CompareResult> {
  requireSeveral(references);
  const records: VersionRecord[] = [];
  for (const reference of references) records.push(await resolve(registry, reference));
  const pointers = new Map<ModelName, StagePointer[]>();
  for (const { name } of records)
    if (!pointers.has(name)) pointers.set(name, await registry.metadata.pointers(name));
  const benches = [];
  for (const { name, version } of records) {
    const query = { model: name, version, limit: benchesLookedAt };
    const { rows } = await registry.metadata.measurements(benchKind, query);
    benches.push(rows.map((row) => benchFigures(benchRecord(row))).filter((figures) => figures !== null));
  }
  const amendments = [];
  for (const record of records) {
    const ref = formatReference(record.name, record.version);
    const changes = latestOfEach(await amendmentsOf(registry, record));
    amendments.push(...changes.map((amendment) => ({ ref, ...amendment })));
  }
  const directions = await metricDirections(registry);
  const sizes = records.map(({ artifact }) => artifact.size);
  return {
    versions: records.map((record) => describe(record, pointers.get(record.name) ?? [])),
    metrics: sideBySide(records.map((record) => currentMetadata(record).metrics ?? {})).map(
      ({ name, values }) => compareNumbers(name, values, metricDirection(name, directions)),
    ),
    amendments,
    params: sideBySide(records.map(({ metadata }) => metadata.params ?? {})),
    tags: sideBySide(records.map(({ tags }) => tags)),
    data: compareData(records),
    size: compareNumbers('size', sizes),
    signatures: records.slice(1).map((record) => signatureAgainst(records[0], record)),
    graph: compareGraphs(await comparableModels(registry, records)),
    files: compareFiles(records.map(({ artifact }) => artifact.files)),
    benches: compareBenches(benches),
  };
}

/**
 * The models, with graph digests that can be compared. If their versions differ, old digests are
 * computed again from the stored bytes.
 */
async function comparableModels(registry: Registry, records: VersionRecord[]): Promise<(OnnxModel | null)[]> {
  const models = records.map(({ onnx }) => onnx);
  const versions = new Set(models.flatMap((model) => (model === null ? [] : [model.graphDigestVersion])));
  const digests = new Set(models.map((model) => model?.graphDigest));
  // Equal digests mean equal graphs, whatever their version.
  if (digests.size === 1 || !(versions.has(undefined) || versions.size > 1)) return models;
  const { latestModel } = await import('../register/stored-model.ts');
  return Promise.all(records.map((record) => latestModel(registry, record)));
}

function describe(
  { name, version, artifact, format, createdAt, yanked }: VersionRecord,
  pointers: StagePointer[],
): ComparedVersion {
  return {
    ref: formatReference(name, version),
    name,
    version,
    digest: artifact.digest,
    size: artifact.size,
    format,
    createdAt,
    stages: pointers.filter((pointer) => pointer.version === version).map(({ stage }) => stage),
    yanked: yanked !== null,
  };
}

function signatureAgainst(first: VersionRecord | undefined, other: VersionRecord): ComparedSignature {
  const ref = formatReference(other.name, other.version);
  const [before, after] = [first?.onnx?.signature, other.onnx?.signature];
  if (before === undefined || after === undefined) return { ref, compatible: null, changes: [] };
  return { ref, ...compareSignatures(before, after) };
}

function compareData(records: VersionRecord[]): ComparedData[] {
  const entries = records.map(
    ({ metadata }) => new Map((metadata.data ?? []).map((entry) => [entry.name, entry])),
  );
  const names = new Set(entries.flatMap((map) => [...map.keys()]));
  return [...names].map((name) => {
    const found = entries.map((map) => map.get(name));
    const hashes = found.map((entry) => entry?.hash);
    const algorithms = new Set(hashes.map((hash) => hash?.split(':')[0]));
    const unhashed = found.some((entry) => entry !== undefined && entry.hash === undefined);
    const missing = found.includes(undefined);
    const known = missing || (!unhashed && algorithms.size === 1);
    return {
      name,
      hashes: found.map((entry) => entry?.hash ?? entry?.uri),
      same: known ? !missing && hashes.every((hash) => hash === hashes[0]) : null,
    };
  });
}
