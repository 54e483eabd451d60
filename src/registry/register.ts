import { MlregError } from '../core/errors.ts';
import type { DataEntry, Metadata } from '../core/metadata.ts';
import type { ModelName } from '../core/model-name.ts';
import { formatReference, parseReference } from '../core/reference.ts';
import type { Signature } from '../core/signature.ts';
import type { Version } from '../core/version.ts';
import type { ArtifactFile, BumpKind, Source, VersionRecord } from '../core/version-record.ts';
import { hashOfJson } from '../storage/hash-chain.ts';
import type { NumberRequest, RegisterOutcome } from '../storage/metadata-store.ts';
import { gitSource } from './git-source.ts';
import { inspectArtifact, type Inspection } from './inspect-artifact.ts';
import { refuseOwnFiles } from './keep-apart.ts';
import { authorship, type OnProgress, type Registry } from './registry.ts';
import { resolve } from './resolve.ts';
import { scanSource } from './scan-source.ts';
import { stageArtifact, type StagedArtifact } from './stage-artifact.ts';

export interface RegisterInput {
  name: ModelName;
  /** A file or a folder. */
  path: string;
  number: NumberRequest;
  /** As given by file and flags; data already hashed. */
  metadata: Metadata;
  /** The ONNX file of a folder with several. */
  entry?: string;
  /** Folder whose git commit is recorded; absent: none is. */
  gitFolder?: string;
  /** What to do where the same bytes with the same metadata are registered already. */
  ifExists: 'reuse' | 'fail' | 'new';
  message?: string;
  onProgress?: OnProgress;
}

export interface RegisterResult {
  ref: string;
  name: ModelName;
  version: Version;
  digest: string;
  size: number;
  files: ArtifactFile[];
  format: string;
  changed: boolean;
  bump: BumpKind;
  bumpReason: string;
  previous: Version | null;
  signature: Signature | null;
  data: DataEntry[];
  source: Source | null;
  parents: string[];
  scan: null;
  warnings: string[];
}

/**
 * Stores a model artifact as a new version, or finds the version that it already is. When it resolves, bytes and row are
 * durable; when it rejects, nothing is registered. Bytes arrive before the row that needs them.
 */
export async function register(registry: Registry, input: RegisterInput): Promise<RegisterResult> {
  const parents = await resolveParents(registry, input.metadata.parents ?? []);
  await refuseOwnFiles(registry, input.path);
  const source = await scanSource(input.path);
  const git = input.gitFolder === undefined ? Promise.resolve(null) : gitSource(input.gitFolder);
  const staged = await stageArtifact(registry, source, input.onProgress);
  try {
    const inspection = inspectArtifact(staged.staged, source, input.entry);
    const facts = await factsOf(input, staged, inspection, parents, git);
    const { outcome, repaired } = await store(registry, input, staged, facts);
    const repairs = repaired.map(
      (path) =>
        `the stored bytes of ${path} were damaged; they are whole again, the damaged ones are in quarantine/`,
    );
    return toResult(outcome, input, [...inspection.warnings, ...repairs]);
  } finally {
    await staged.discard();
  }
}

async function resolveParents(registry: Registry, parents: string[]): Promise<string[]> {
  const exact: string[] = [];
  for (const parent of parents) {
    const { name, version } = await resolve(registry, parseReference(parent));
    exact.push(formatReference(name, version));
  }
  return exact;
}

type Facts = Parameters<Registry['metadata']['register']>[0]['facts'];

async function factsOf(
  { name, metadata }: RegisterInput,
  { artifact }: StagedArtifact,
  { format, entry, onnx }: Inspection,
  parents: string[],
  git: Promise<Source | null>,
): Promise<Facts> {
  const found = await git;
  const source = found === null && metadata.source === undefined ? null : { ...found, ...metadata.source };
  const identity = hashOfJson({ name, digest: artifact.digest, entry, metadata });
  return { name, artifact, format, entry, onnx, metadata, identity, source, parents };
}

async function store(
  registry: Registry,
  { number, ifExists, message }: RegisterInput,
  staged: StagedArtifact,
  facts: Facts,
): Promise<{ outcome: Exclude<RegisterOutcome, { outcome: 'collected' }>; repaired: string[] }> {
  for (;;) {
    const { collections } = await registry.metadata.registry();
    const repaired = await staged.publish();
    registry.signal?.throwIfAborted();
    const reuse = ifExists === 'new' ? 'new' : 'reuse';
    const outcome = await registry.metadata.register({
      facts,
      number,
      ifExists: reuse,
      ifCollections: collections,
      ...authorship(registry, message),
    });
    // A collector ran since and may have taken a blob that was there before us: the staged copies still hold the bytes.
    if (outcome.outcome !== 'collected') return { outcome, repaired };
  }
}

function toResult(
  outcome: Exclude<RegisterOutcome, { outcome: 'collected' }>,
  { number, ifExists }: RegisterInput,
  warnings: string[],
): RegisterResult {
  if (outcome.outcome === 'taken') throw numberTaken(outcome.by, number);
  const { version: record } = outcome;
  const ref = formatReference(record.name, record.version);
  if (outcome.outcome === 'exists') {
    if (record.yanked !== null) {
      throw new MlregError('CONFLICT', `these bytes are ${ref}, which was yanked: ${record.yanked.reason}`, {
        hint: `mlreg unyank ${ref}, or register it as a new version with --if-exists new`,
        details: { ref },
      });
    }
    if (ifExists === 'fail') {
      throw new MlregError('CONFLICT', `the same bytes with the same metadata are registered as ${ref}`, {
        hint: 'leave out --if-exists fail to use that version',
        details: { ref },
      });
    }
  }
  return {
    ref,
    name: record.name,
    version: record.version,
    digest: record.artifact.digest,
    size: record.artifact.size,
    files: record.artifact.files,
    format: record.format,
    changed: outcome.outcome === 'created',
    bump: record.bump,
    bumpReason: record.bumpReason,
    previous: record.previous,
    signature: record.onnx?.signature ?? null,
    data: record.metadata.data ?? [],
    source: record.source,
    parents: record.parents,
    scan: null,
    warnings,
  };
}

function numberTaken(by: VersionRecord, number: NumberRequest): MlregError {
  const ref = formatReference(by.name, by.version);
  const asked = number.kind === 'exact' ? number.version : by.version;
  const how =
    by.deletedAt !== null
      ? `${ref} was deleted, and its number is never used again`
      : by.version === asked
        ? `${ref} holds other bytes or other metadata`
        : `${ref} has the same precedence as ${asked}`;
  return new MlregError('CONFLICT', `version ${asked} is taken: ${how}`, {
    hint: 'leave out --version to get the next number',
    details: { ref, digest: by.artifact.digest },
  });
}
