import { MlregError, isMlregError } from '../../core/errors.ts';
import type { StageName } from '../../core/events/stage.ts';
import { type Metadata, checkRun } from '../../core/metadata/metadata.ts';
import type { ModelName } from '../../core/versions/model-name.ts';
import { formatReference, parseExplicitReference, parseReference } from '../../core/versions/reference.ts';
import type { CiRun, Source } from '../../core/versions/source.ts';
import type { Artifact } from '../../core/versions/version-record.ts';
import { refuseMisplaced, warnOfMisplaced } from '../../files/name-contents.ts';
import { type ScanOptions, type SourceTree, scanSource } from '../../files/scan-source.ts';
import { hashOfJson } from '../../storage/hash-chain.ts';
import { refuseOwnFiles } from '../exchange/keep-apart.ts';
import type { OnProgress, Registry } from '../registry.ts';
import { refuseLostHistory } from '../preconditions.ts';
import { requireStage, resolve } from '../resolve.ts';
import { gateFailure, promote } from '../stages/promote.ts';
import { type GitFindings, gitSource } from './git-source.ts';
import { type Inspection, inspectArtifact } from './inspect-artifact.ts';
import {
  type LeftOut,
  type RegisterResult,
  type StoreInput,
  toLeftOut,
  toResult,
} from './register-result.ts';
import { type StagedArtifact, stageArtifact } from './stage-artifact.ts';
import { stageGolden } from './stage-golden.ts';
import { type Facts, storeVersion } from './store-version.ts';

export interface RegisterInput extends StoreInput {
  name: ModelName;
  /** A file or a folder. */
  path: string;
  /** As given by file and flags; data already hashed. */
  metadata: Metadata;
  /** The ONNX file of a folder with several. */
  entry?: string;
  /** Inputs with the outputs that are expected: a JSON file, or a folder of ONNX tensors. */
  golden?: string;
  /** Promote the version there when it is registered. */
  stage?: StageName;
  /** Take what symbolic links in the folder point to, wherever that is. */
  followLinks?: boolean;
  /** Take external data of an ONNX model also where the file has other names. */
  allowHardLinks?: boolean;
  /** What was found when the data was hashed: said in the result. */
  hashed?: { leftOut: LeftOut[]; warnings: string[] };
  /** Folder whose git commit is recorded; absent: none is. */
  gitFolder?: string;
  /** The CI run that registers; null or absent: none. Only the commit and this go into `source`: neither makes another version. */
  ciRun?: CiRun | null;
  onProgress?: OnProgress;
}

/**
 * Stores a model artifact as a new version, or finds the version that it already is. When it resolves, bytes and row are
 * durable; when it rejects, nothing is registered, unless a stage was named and only the promotion failed: the error then says so.
 * Bytes arrive before the row that needs them.
 */
export async function register(registry: Registry, input: RegisterInput): Promise<RegisterResult> {
  checkRun(input.metadata);
  // Before anything is copied: the row would be refused in the end.
  await refuseLostHistory(registry);
  const parents = await resolveParents(registry, input.metadata.parents ?? []);
  if (input.stage !== undefined) await requireStage(registry, input.stage);
  await refuseOwnFiles(registry, input.path);
  const options: ScanOptions = {
    followLinks: input.followLinks === true,
    linkHint: 'use --follow-links, or copy its target into the folder',
  };
  const source = await scanSource(input.path, options);
  for (const path of source.linkedTo) await refuseOwnFiles(registry, path);
  const git = input.gitFolder === undefined ? Promise.resolve(noGit) : gitSource(input.gitFolder);
  const all: StagedArtifact[] = [];
  try {
    const staged = await stageArtifact(registry, source, input.onProgress);
    all.push(staged);
    const inspection = inspectSource(staged, source, input);
    const signature = inspection.onnx?.signature ?? null;
    const golden =
      input.golden === undefined ? null : await stageGolden(registry, input.golden, signature, options);
    if (golden !== null) all.push(golden);
    const found = await git;
    const facts = factsOf(
      input,
      staged.artifact,
      executableOf(staged.artifact, source),
      golden?.artifact ?? null,
      inspection,
      parents,
      found.source,
    );
    const { outcome, repaired } = await storeVersion(registry, input, all, facts, staged.staged);
    const repairs = repaired.map(
      (path) => `repaired the damaged stored bytes of ${path}; the damaged bytes are in quarantine/`,
    );
    const warnings = [
      ...inspection.warnings,
      ...(input.hashed?.warnings ?? []),
      ...(golden?.warnings ?? []),
      ...repairs,
      // Of a version that was there before nothing is recorded now.
      ...(outcome.outcome === 'created' ? found.warnings : []),
    ];
    const leftOut = [...toLeftOut('model', source.leftOut), ...(input.hashed?.leftOut ?? [])];
    const result = toResult(outcome, input, { leftOut, warnings });
    return input.stage === undefined ? result : await promoted(registry, result, input.stage, input.message);
  } finally {
    await Promise.all(all.map((artifact) => artifact.discard()));
  }
}

/** A single file that is called like a model and is none is refused; in a folder, where it is perhaps not needed, that is a warning. */
function inspectSource(
  { staged, contents }: StagedArtifact,
  { kind, files }: SourceTree,
  { entry, allowHardLinks }: RegisterInput,
): Inspection {
  if (kind === 'file') for (const [path, content] of contents) refuseMisplaced(path, content, 'a model');
  const linked = allowHardLinks === true ? [] : files.filter(({ hardLinked }) => hardLinked);
  const hardLinked = new Set(linked.map(({ path }) => path));
  const inspection = inspectArtifact(staged, { kind, entry, contents, hardLinked });
  return { ...inspection, warnings: [...inspection.warnings, ...warnOfMisplaced(contents)] };
}

/** Through the same door as `promote`. What is registered stays registered, whatever comes of it. */
async function promoted(
  registry: Registry,
  result: RegisterResult,
  stage: StageName,
  message: string | undefined,
): Promise<RegisterResult> {
  const ref = parseExplicitReference(result.ref);
  try {
    const promotion = await promote(registry, { ref, stage, ...(message === undefined ? {} : { message }) });
    return { ...result, promotion };
  } catch (error) {
    if (!isMlregError(error)) throw error;
    throw notPromoted(result.ref, result.changed, error);
  }
}

function notPromoted(ref: string, registered: boolean, error: MlregError): MlregError {
  const did = registered ? 'was registered' : 'is registered';
  return new MlregError(error.code, `${ref} ${did}, but not promoted: ${error.message}`, {
    hint: error.hint,
    details: { ...error.details, ref },
    cause: error,
  });
}

/** GATE_FAILED where the version was stored, and its promotion blocked. */
export function promotionFailure({ ref, changed, promotion }: RegisterResult): MlregError | undefined {
  const problem = promotion && gateFailure(promotion);
  return problem && notPromoted(ref, changed, problem);
}

/** Each once, however often and in whatever spelling it was given; the metadata, and so the identity, keeps what was given. */
async function resolveParents(registry: Registry, parents: string[]): Promise<string[]> {
  const exact = new Set<string>();
  for (const parent of parents) {
    const { name, version } = await resolve(registry, parseReference(parent));
    exact.add(formatReference(name, version));
  }
  return [...exact];
}

/** Paths of files that their owner may run, in the order of the listing; null: none. */
function executableOf({ files }: Artifact, source: SourceTree): string[] | null {
  const runnable = new Set(source.files.filter(({ executable }) => executable).map(({ path }) => path));
  const paths = files.map(({ path }) => path).filter((path) => runnable.has(path));
  return paths.length === 0 ? null : paths;
}

const noGit: GitFindings = { source: null, warnings: [] };

function factsOf(
  { name, metadata, ciRun }: RegisterInput,
  artifact: Artifact,
  executable: string[] | null,
  golden: Artifact | null,
  { format, entry, onnx }: Inspection,
  parents: string[],
  git: Source | null,
): Facts {
  const found = { ...git, ...(ciRun ? { ci: ciRun } : {}), ...metadata.source };
  const source = Object.keys(found).length === 0 ? null : found;
  const identity = hashOfJson({ name, digest: artifact.digest, entry, golden: golden?.digest, metadata });
  return { name, artifact, executable, format, entry, onnx, golden, metadata, identity, source, parents };
}
