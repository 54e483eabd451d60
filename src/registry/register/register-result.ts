import { MlregError } from '../../core/errors.ts';
import type { DataEntry } from '../../core/metadata/metadata.ts';
import { type ModelName, formatReference } from '../../core/versions/reference.ts';
import type { Signature } from '../../core/versions/signature.ts';
import type { Source } from '../../core/versions/source.ts';
import type { Version } from '../../core/versions/version.ts';
import type { ArtifactFile, BumpKind, VersionRecord } from '../../core/versions/version-record.ts';
import type { MoveResult } from '../stages/move-stage.ts';
import type { NumberRequest, RegisterOutcome } from '../../storage/versions.ts';

export interface StoreInput {
  number: NumberRequest;
  /**
   * What to do if the same bytes with the same metadata are already registered. With `new`, only an
   * explicit version number can match an existing version, which is then the same version.
   */
  ifExists: 'reuse' | 'fail' | 'new';
  /** For an import: `artifact` if the number is from there, `user` if somebody asked for it. */
  importedNumber?: 'artifact' | 'user';
  message?: string;
}

export type Settled = Exclude<RegisterOutcome, { outcome: 'collected' | 'look' }>;

/** What was left out of a source: .git and the like, and what its .mlregignore lists. */
export interface LeftOut {
  /** `model`, or `data` with its name. */
  of: string;
  /** A folder counts as one. */
  count: number;
  /** The first few, relative to the folder. */
  paths: string[];
}

const mostPaths = 20;

export function toLeftOut(of: string, paths: readonly string[]): LeftOut[] {
  return paths.length === 0 ? [] : [{ of, count: paths.length, paths: paths.slice(0, mostPaths) }];
}

/** The profile of a registered version's data. */
export interface RegisteredProfile {
  id: string;
  rows: number;
  columns: number;
  /** Columns of what the version answers; null: it could not be run. */
  outputs: number | null;
  /** How far shares of rows can be off; 0: exact. */
  error: number;
  /** False: it was there already. */
  changed: boolean;
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
  /** The golden set that is stored with it. */
  golden: { digest: string; files: number } | null;
  /** Empty if nothing was left out. */
  leftOut: LeftOut[];
  scan: null;
  /** Only if a stage was given. */
  promotion?: MoveResult;
  /** Only if it was asked for. */
  profile?: RegisteredProfile;
  warnings: string[];
}

/**
 * Turns the outcome into a result. CONFLICT if the number is taken, or if the existing version is
 * yanked or `ifExists` is `fail`.
 */
export function toResult(
  outcome: Settled,
  input: StoreInput,
  { leftOut, warnings }: Pick<RegisterResult, 'leftOut' | 'warnings'>,
): RegisterResult {
  if (outcome.outcome === 'taken') throw numberTaken(outcome.by, input);
  const { number, ifExists, importedNumber } = input;
  const { version: record } = outcome;
  const ref = formatReference(record.name, record.version);
  if (outcome.outcome === 'exists') {
    if (record.yanked !== null) {
      const isImport = importedNumber !== undefined;
      const instead = number.kind === 'exact' ? '--if-exists new instead of --version' : '--if-exists new';
      const what = `these bytes are already registered as ${ref}, which is yanked: ${record.yanked.reason}`;
      throw new MlregError('CONFLICT', isImport ? `${what}; nothing was imported` : what, {
        hint: `mlreg unyank ${ref}, ${isImport ? 'and import it again' : `or register it as a new version with ${instead}`}`,
        details: { ref },
      });
    }
    if (ifExists === 'fail') {
      throw new MlregError('CONFLICT', `already registered as ${ref} with the same bytes and metadata`, {
        hint: 'omit --if-exists fail to use that version',
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
    golden: record.golden && { digest: record.golden.digest, files: record.golden.files.length },
    leftOut,
    scan: null,
    warnings,
  };
}

function numberTaken(by: VersionRecord, { number, importedNumber }: StoreInput): MlregError {
  const ref = formatReference(by.name, by.version);
  const asked = number.kind === 'exact' ? number.version : by.version;
  const how =
    by.deletedAt !== null
      ? `${ref} was deleted; its number cannot be reused`
      : by.version === asked
        ? `${ref} has different bytes or metadata`
        : `${ref} has the same precedence as ${asked}`;
  const what = `version ${asked}${importedNumber === 'artifact' ? ', which the artifact or its tag says,' : ''} is taken: ${how}`;
  const isImport = importedNumber !== undefined;
  return new MlregError('CONFLICT', isImport ? `${what}; nothing was imported` : what, {
    hint: isImport
      ? 'use --bump auto to get the next number, or --version NUMBER for another one'
      : 'omit --version to get the next number',
    details: { ref, digest: by.artifact.digest },
  });
}
