import { canonicalJson } from '../../src/core/json/canonical.ts';
import { digestOf, type Digest } from '../../src/core/versions/artifact.ts';
import { parseModelName, type ModelName, parseStageName } from '../../src/core/versions/reference.ts';
import { parseVersion, type Version } from '../../src/core/versions/version.ts';
import type { Artifact, VersionRecord } from '../../src/core/versions/version-record.ts';
import { sha256Hex } from '../../src/storage/hash-chain.ts';
import { benchKind, type StoredReport } from '../../src/core/measurements/bench.ts';
import type { MeasurementKind } from '../../src/core/measurements/measurement.ts';
import type { RegistryEvent } from '../../src/core/events/event.ts';
import type { Authorship } from '../../src/storage/events.ts';
import type { NewMeasurement } from '../../src/storage/measurements.ts';
import type { MetadataStore } from '../../src/storage/metadata-store.ts';
import type { MoveOutcome } from '../../src/storage/stages.ts';
import type { NewVersion, RegisterOutcome } from '../../src/storage/versions.ts';

export const digits: ModelName = parseModelName('digits');
export const staging = parseStageName('staging');
export const production = parseStageName('production');
export const v = parseVersion;
export const start = Date.UTC(2026, 0, 1);

export const digestOfText = (text: string): Digest => digestOf(sha256Hex(text));

export type Sample = Partial<Omit<NewVersion, 'facts'>> & {
  name?: ModelName;
  /** Stands for the bytes. */
  bytes?: string;
  facts?: Partial<NewVersion['facts']>;
};

/** A registration of one file; what a test does not care about is filled in. */
export function newVersion({
  name = digits,
  bytes = 'weights',
  facts = {},
  ...rest
}: Sample = {}): NewVersion {
  const metadata = facts.metadata ?? {};
  const digest = digestOfText(`manifest of ${bytes}`);
  return {
    actor: 'ada',
    at: start,
    number: { kind: 'auto' },
    ifExists: 'reuse',
    ifCollections: 0,
    ...rest,
    facts: {
      name,
      artifact: {
        digest,
        configDigest: digestOfText(`config of ${bytes}`),
        size: bytes.length,
        files: [{ path: 'model.bin', digest: digestOfText(bytes), size: bytes.length }],
      },
      format: 'bin',
      entry: null,
      onnx: null,
      executable: null,
      golden: null,
      metadata,
      identity: sha256Hex(canonicalJson({ name, digest, metadata })),
      source: null,
      parents: [],
      ...facts,
    },
  };
}

/** A golden set of one file, by what stands in it. */
export function goldenOf(text: string): Artifact {
  const file = { path: 'golden.json', digest: digestOfText(text), size: text.length };
  return {
    digest: digestOfText(`manifest of golden ${text}`),
    configDigest: digestOfText(`config of golden ${text}`),
    size: text.length,
    files: [file],
  };
}

export const exactly = (version: string): NewVersion['number'] => ({ kind: 'exact', version: v(version) });

/** Registers what must be new. */
export async function created(store: MetadataStore, sample: Sample = {}): Promise<VersionRecord> {
  const outcome = await store.register(newVersion(sample));
  if (outcome.outcome !== 'created') throw new Error(`not created but ${outcome.outcome}`);
  return outcome.version;
}

/** Registers the given numbers, each with bytes of its own. */
export async function issue(store: MetadataStore, ...versions: string[]): Promise<void> {
  for (const version of versions) {
    await created(store, { bytes: `bytes of ${version}`, number: exactly(version) });
  }
}

export function numberOf(outcome: RegisterOutcome): string {
  if (outcome.outcome === 'collected') return 'collected';
  if (outcome.outcome === 'look') return `look ${outcome.at.version}`;
  return `${outcome.outcome} ${outcome.outcome === 'taken' ? outcome.by.version : outcome.version.version}`;
}

type Push = { action?: 'promote' | 'demote'; at?: number; ifGeneration?: number; stage?: typeof production };

/** Pushes a version, or nobody, onto the stack of production. */
export async function push(store: MetadataStore, to: string | null, rest: Push = {}): Promise<MoveOutcome> {
  const stage = rest.stage ?? production;
  const { generation } = await store.pointer(digits, stage);
  return store.move({
    model: digits,
    stage,
    action: to === null ? 'demote' : 'promote',
    ifGeneration: generation,
    to: { push: to as Version | null },
    actor: 'ada',
    at: start,
    ...rest,
  });
}

export async function popTo(store: MetadataStore, seq: number, yankOutgoing?: string): Promise<MoveOutcome> {
  const { generation } = await store.pointer(digits, production);
  return store.move({
    model: digits,
    stage: production,
    action: 'rollback',
    ifGeneration: generation,
    to: { pop: seq },
    actor: 'ada',
    at: start,
    ...(yankOutgoing === undefined ? {} : { yankOutgoing }),
  });
}

/** As little as a bench may say. */
export const benchReport: StoredReport = {
  status: 'ok',
  plan: { launches: 1 },
  input: { shapes: {} },
  outputs: { skipped: [] },
  session: { provider: 'cpu' },
  environment: { fingerprint: 'cpu', facts: {} },
  p50: 1.5,
  nested: { list: [1, 2], none: null },
};

export function bench(
  id: string,
  rest: Partial<NewMeasurement<StoredReport>> = {},
): NewMeasurement<StoredReport> {
  return {
    id,
    model: digits,
    version: v('1.0.0'),
    fingerprint: 'cpu',
    status: 'ok',
    result: benchReport,
    samples: new Uint8Array([1, 2, 3]),
    ...rest,
  };
}

export async function addBench(
  store: MetadataStore,
  sample: NewMeasurement<StoredReport>,
  author: Partial<Authorship> = {},
): Promise<RegistryEvent> {
  return store.addMeasurement(benchKind, { ...sample, actor: 'ada', at: start, ...author });
}

/** A kind of measurement that only tests know. Its first schema called its sides corners. */
export const shapeKind: MeasurementKind<{ sides?: number; corners?: number }> = {
  name: 'shape',
  schema: 2,
  read: (stored, schema) => {
    const { sides, corners } = stored as { sides?: unknown; corners?: unknown };
    const found = schema === 1 ? corners : sides;
    return typeof found === 'number' ? { result: { sides: found } } : { unreadable: 'it has no sides' };
  },
  summary: ({ sides }) => ({ sides }),
};

export function shape(
  id: string,
  result: { sides?: number; corners?: number } = { sides: 4 },
): NewMeasurement<{ sides?: number; corners?: number }> {
  const version = v('1.0.0');
  return {
    id,
    model: digits,
    version,
    fingerprint: 'paper',
    status: 'ok',
    result,
    samples: new Uint8Array(),
  };
}
