import { canonicalJson } from '../../src/core/json/canonical.ts';
import { digestOf, type Digest } from '../../src/core/versions/digest.ts';
import { parseModelName, type ModelName } from '../../src/core/versions/model-name.ts';
import { parseStageName } from '../../src/core/events/stage.ts';
import { parseVersion, type Version } from '../../src/core/versions/version.ts';
import type { Artifact, BenchRecord, VersionRecord } from '../../src/core/versions/version-record.ts';
import { sha256Hex } from '../../src/storage/hash-chain.ts';
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

export function bench(id: string, rest: Partial<BenchRecord> = {}): BenchRecord {
  return {
    id,
    model: digits,
    version: v('1.0.0'),
    at: start,
    fingerprint: 'cpu',
    status: 'ok',
    result: { p50: 1.5, nested: { list: [1, 2], none: null } },
    ...rest,
  };
}
