import { MlregError, isMlregError } from '../../core/errors.ts';
import {
  type StageName,
  type ModelName,
  formatReference,
  parseExplicitReference,
  parseReference,
} from '../../core/versions/reference.ts';
import { type Metadata, checkGiven } from '../../core/metadata/metadata.ts';
import type { CiRun, Source } from '../../core/versions/source.ts';
import type { Artifact } from '../../core/versions/version-record.ts';
import { refuseMisplaced, warnOfMisplaced } from '../../files/content-kind.ts';
import { type SourceFile, scanSource } from '../../files/scan-source.ts';
import { hashOfJson } from '../../storage/hash-chain.ts';
import { refuseOwnFiles, refuseLostHistory, type OnProgress, type Registry } from '../registry.ts';
import { requireStage, resolve } from '../resolve.ts';
import { gateFailure } from '../stages/move-stage.ts';
import { type GitFindings, gitSource } from './git-source.ts';
import { type Inspection, inspectArtifact } from './inspect-artifact.ts';
import {
  type LeftOut,
  type RegisterResult,
  type StoreInput,
  toLeftOut,
  toResult,
} from './register-result.ts';
import { type Facts, storeVersion, type StagedArtifact, stageArtifact } from './store-version.ts';
import type { stageGolden, StagedGolden } from '../golden/stage-golden.ts';

export interface RegisterInput extends StoreInput {
  name: ModelName;
  /** A file or a folder. */
  path: string;
  /** From a file and flags, with the data already hashed. */
  metadata: Metadata;
  /** The ONNX file, for a folder with several. */
  entry?: string;
  /** Inputs with their expected outputs: a JSON file, or a folder of ONNX tensors. */
  golden?: string;
  /** Promote the new version to this stage. */
  stage?: StageName;
  /** Include the targets of symbolic links in the folder, wherever they are. */
  followLinks?: boolean;
  /** Include external data of an ONNX model even if its file has other hard links. */
  allowHardLinks?: boolean;
  /** What hashing the data left out and warned about, for the result. */
  hashed?: { leftOut: LeftOut[]; warnings: string[] };
  /** Folder whose git commit is recorded; absent: none. */
  gitFolder?: string;
  /**
   * The CI run that registers; null or absent: none. The commit and the run are stored in `source`;
   * a difference in them does not make another version.
   */
  ciRun?: CiRun | null;
  /** What else is known of where it comes from; stored in `source` in the same way. */
  origin?: Source;
  onProgress?: OnProgress;
}

/**
 * Stores a model artifact as a new version, or finds the version that it already is. When it
 * resolves, bytes and row are durable. When it rejects, nothing is registered, unless a stage was
 * given and only the promotion failed: then the error says so. Bytes are stored before the row that
 * needs them.
 */
export function register(registry: Registry, input: RegisterInput): Promise<RegisterResult> {
  return registerFiles(registry, input, async (options) => {
    await refuseOwnFiles(registry, input.path);
    const { kind, files, leftOut, linkedTo } = await scanSource(input.path, options);
    for (const path of linkedTo) await refuseOwnFiles(registry, path);
    const pathsOf = (kept: SourceFile[]) => new Set(kept.map(({ path }) => path));
    return {
      kind,
      leftOut,
      hardLinked: pathsOf(files.filter((file) => file.hardLinked)),
      executable: pathsOf(files.filter((file) => file.executable)),
      copied: await stageArtifact(registry, { kind, files, leftOut, linkedTo }, input.onProgress),
    };
  });
}

/**
 * The files of a version to be registered, copied in, and what is known of where they were.
 * @internal
 */
export interface CopiedFiles {
  kind: 'file' | 'folder';
  /** Paths that were left out. */
  leftOut: string[];
  /** Paths of files that have other hard links. */
  hardLinked: ReadonlySet<string>;
  /** Paths of files that their owner may execute. */
  executable: ReadonlySet<string>;
  copied: StagedArtifact;
}

/**
 * As `register`, of files that `copyIn` brings from anywhere.
 * @internal
 */
export async function registerFiles(
  registry: Registry,
  input: Omit<RegisterInput, 'path'>,
  copyIn: (options: { followLinks: boolean; linkHint: string }) => Promise<CopiedFiles>,
): Promise<RegisterResult> {
  checkGiven(input.metadata, 'metadata');
  // Before anything is copied: the row would be refused at the end.
  await refuseLostHistory(registry);
  const parents = await resolveParents(registry, input.metadata.parents ?? []);
  if (input.stage !== undefined) await requireStage(registry, input.stage);
  const options = {
    followLinks: input.followLinks === true,
    linkHint: 'use --follow-links, or copy its target into the folder',
  };
  const git = input.gitFolder === undefined ? Promise.resolve(noGit) : gitSource(input.gitFolder);
  const all: StagedArtifact[] = [];
  try {
    const source = await copyIn(options);
    const { copied: staged } = source;
    all.push(staged);
    const inspection = inspectSource(source, input);
    const signature = inspection.onnx?.signature ?? null;
    const golden =
      input.golden === undefined ? null : await copyGolden(registry, input.golden, signature, options);
    if (golden !== null) all.push(golden);
    const tried = golden === null ? [] : await tryOut(staged, inspection, golden, registry.signal);
    const found = await git;
    const facts = factsOf(
      input,
      staged.artifact,
      executableOf(staged.artifact, source.executable),
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
      ...tried,
      ...repairs,
      // Nothing is recorded now for a version that already existed.
      ...(outcome.outcome === 'created' ? found.warnings : []),
    ];
    const leftOut = [...toLeftOut('model', source.leftOut), ...(input.hashed?.leftOut ?? [])];
    const result = toResult(outcome, input, { leftOut, warnings });
    return input.stage === undefined ? result : await promoted(registry, result, input.stage, input.message);
  } finally {
    await Promise.all(all.map((artifact) => artifact.discard()));
  }
}

/**
 * Refuses a single file that has a model's name and is not a model. In a folder this is only a
 * warning, since the file may not be needed.
 */
function inspectSource(
  { kind, hardLinked, copied: { staged, contents } }: CopiedFiles,
  { entry, allowHardLinks }: Pick<RegisterInput, 'entry' | 'allowHardLinks'>,
): Inspection {
  if (kind === 'file') for (const [path, content] of contents) refuseMisplaced(path, content, 'a model');
  const linked = allowHardLinks === true ? new Set<string>() : hardLinked;
  const inspection = inspectArtifact(staged, { kind, entry, contents, hardLinked: linked });
  return { ...inspection, warnings: [...inspection.warnings, ...warnOfMisplaced(contents)] };
}

/** As `stageGolden`, which is loaded only if there is a golden set. */
async function copyGolden(...given: Parameters<typeof stageGolden>): Promise<StagedGolden> {
  const { stageGolden: stage } = await import('../golden/stage-golden.ts');
  return stage(...given);
}

/**
 * Runs the model on its golden set before both are stored, and warns if it does not pass: a wrong
 * set would be found at the promotion, weeks later. Cases that cannot run have their own warnings.
 */
async function tryOut(
  staged: StagedArtifact,
  { entry, onnx }: Inspection,
  golden: StagedGolden,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  if (entry === null || onnx === null) return [];
  if (golden.cases.every(({ skipped }) => skipped !== undefined)) return [];
  const { tryStaged, warnOfTrial } = await import('../golden/try-golden.ts');
  return warnOfTrial('the model', await tryStaged(staged, { entry, onnx }, golden, signal));
}

/**
 * Promotes in the same way as the verb `promote`. The version stays registered, whatever the
 * result.
 */
async function promoted(
  registry: Registry,
  result: RegisterResult,
  stage: StageName,
  message: string | undefined,
): Promise<RegisterResult> {
  const ref = parseExplicitReference(result.ref);
  // Gates and policies are loaded only if there is something to judge.
  const { promote } = await import('../stages/promote.ts');
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

/** GATE_FAILED if the version was stored and its promotion was blocked. */
export function promotionFailure({ ref, changed, promotion }: RegisterResult): MlregError | undefined {
  const problem = promotion && gateFailure(promotion);
  return problem && notPromoted(ref, changed, problem);
}

/**
 * Each parent once, however often and in whatever spelling it was given. The metadata, and so the
 * version's identity, keeps the given spelling.
 */
async function resolveParents(registry: Registry, parents: string[]): Promise<string[]> {
  const exact = new Set<string>();
  for (const parent of parents) {
    const { name, version } = await resolve(registry, parseReference(parent));
    exact.add(formatReference(name, version));
  }
  return [...exact];
}

/** Paths of files that their owner may execute, in the order of the listing; null: none. */
function executableOf({ files }: Artifact, executable: ReadonlySet<string>): string[] | null {
  const paths = files.map(({ path }) => path).filter((path) => executable.has(path));
  return paths.length === 0 ? null : paths;
}

const noGit: GitFindings = { source: null, warnings: [] };

function factsOf(
  { name, metadata, ciRun, origin }: Omit<RegisterInput, 'path'>,
  artifact: Artifact,
  executable: string[] | null,
  golden: Artifact | null,
  { format, entry, onnx }: Inspection,
  parents: string[],
  git: Source | null,
): Facts {
  const found = { ...git, ...(ciRun ? { ci: ciRun } : {}), ...origin, ...metadata.source };
  const source = Object.keys(found).length === 0 ? null : found;
  const identity = hashOfJson({ name, digest: artifact.digest, entry, golden: golden?.digest, metadata });
  return { name, artifact, executable, format, entry, onnx, golden, metadata, identity, source, parents };
}
