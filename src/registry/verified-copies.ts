import { mkdir, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isMlregError } from '../core/errors.ts';
import { checkArtifactPaths, type Digest, hexOf } from '../core/versions/artifact.ts';
import { goldenSetsOf, type GoldenSet } from '../core/versions/golden-sets.ts';
import type { Artifact, ArtifactFile, VersionRecord } from '../core/versions/version-record.ts';
import { makeScratchFolder } from '../files/scratch.ts';
import { asTargetError } from '../files/path-errors.ts';
import type { CheckedGolden } from '../onnx/golden/golden-set.ts';
import {
  type BlobSource,
  artifactsOf,
  checkBlobs,
  checkListing,
  damagedFile,
  listingBlobs,
} from './check-bytes.ts';
import { requireOnnx } from './resolve.ts';

/** A copy of a golden set of a version. */
export interface GoldenCopy extends CheckedGolden, Pick<GoldenSet, 'source' | 'self'> {
  digest: Digest;
  /** Where each file is on disk, by its path in the golden set. */
  files: Map<string, string>;
}

/**
 * Copies of versions in a temporary folder, shared within one verb. A file is copied when it is
 * first needed and checked against its digest during the copy, so its stored bytes are read only
 * once. The copies are not synced, since none outlives the process. Every method rejects with
 * INTEGRITY, naming the file, if rows were changed or stored bytes are missing or damaged, and with
 * STORAGE if a copy cannot be written.
 */
export interface VerifiedCopies {
  /** A folder with the files of the version's artifact. Callers must not change it. */
  model(record: VersionRecord): Promise<string>;
  /**
   * The version's golden sets, read in full, in the order of `goldenSetsOf`. INVALID_INPUT if the
   * version is not an ONNX model but has one, or if one does not fit it.
   */
  golden(record: VersionRecord): Promise<GoldenCopy[]>;
  /**
   * Checks the version's list of files against its digests. This is quick: call it before slow
   * work.
   */
  verifyListing(record: VersionRecord): Promise<void>;
  /**
   * Checks that every stored byte of the version, its golden sets included, is what was registered.
   * Reads only files that have not been copied yet.
   */
  verify(record: VersionRecord): Promise<void>;
}

/**
 * Runs the action with copies and removes them afterwards; no folder is made until the first copy
 * is needed. If `shared` is given, it is used instead, and its creator removes it. `purpose` is a
 * word for the folder's name.
 */
export async function withVerifiedCopies<Result>(
  source: BlobSource,
  purpose: string,
  action: (copies: VerifiedCopies) => Promise<Result>,
  shared?: VerifiedCopies,
): Promise<Result> {
  if (shared !== undefined) return action(shared);
  let scratch: Promise<string> | undefined;
  try {
    return await action(verifiedCopies(source, () => (scratch ??= makeScratchFolder(purpose))));
  } finally {
    const folder = await scratch?.catch(() => undefined);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

function verifiedCopies(source: BlobSource, scratch: () => Promise<string>): VerifiedCopies {
  /** Blobs that were read and are sound. */
  const sound = new Set<Digest>();
  const folders = new Map<Digest, Promise<string>>();
  /** By model and golden set: how a golden set is read depends on the model. */
  const goldenSets = new Map<string, Promise<GoldenCopy>>();

  const copyOf = (record: VersionRecord, artifact: Artifact): Promise<string> => {
    checkListing(record);
    return once(folders, artifact.digest, async () => {
      const place = await scratch().catch((error: unknown) => {
        throw unwritable(error, tmpdir());
      });
      const folder = join(place, hexOf(artifact.digest).slice(0, 16));
      await copyFiles(source, record, artifact, folder);
      for (const { digest } of artifact.files) sound.add(digest);
      return folder;
    });
  };
  const readGolden = async (record: VersionRecord, golden: GoldenSet): Promise<GoldenCopy> => {
    const { signature } = requireOnnx(record);
    const { artifact, source: from, self } = golden;
    const folder = await copyOf(record, artifact);
    // Loaded only if there is a golden set.
    const { checkGoldenSet } = await import('../onnx/golden/golden-set.ts');
    const files = new Map(artifact.files.map(({ path }) => [path, join(folder, path)]));
    return { digest: artifact.digest, source: from, self, files, ...checkGoldenSet(files, signature) };
  };
  const verifyRest = async (record: VersionRecord, all: boolean): Promise<void> => {
    checkListing(record);
    for (const artifact of artifactsOf(record)) {
      const blobs = [...(all ? artifact.files : []), ...listingBlobs(artifact)];
      const unread = blobs.filter(({ digest }) => !sound.has(digest));
      await checkBlobs(source, record, unread);
      for (const { digest } of unread) sound.add(digest);
    }
  };
  return {
    model: async (record) => copyOf(record, record.artifact),
    golden: async (record) => {
      const copies: GoldenCopy[] = [];
      for (const set of goldenSetsOf(record))
        copies.push(
          await once(goldenSets, `${record.artifact.digest} ${set.artifact.digest}`, () =>
            readGolden(record, set),
          ),
        );
      return copies;
    },
    verifyListing: (record) => verifyRest(record, false),
    verify: (record) => verifyRest(record, true),
  };
}

function once<Key, Value>(
  known: Map<Key, Promise<Value>>,
  key: Key,
  make: () => Promise<Value>,
): Promise<Value> {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

async function copyFiles(
  source: BlobSource,
  record: VersionRecord,
  { files }: Artifact,
  folder: string,
): Promise<void> {
  checkArtifactPaths(files.map(({ path }) => path));
  await mkdir(folder);
  try {
    for (const file of files) {
      const path = join(folder, file.path);
      await mkdir(dirname(path), { recursive: true });
      await copyFile(source, record, file, path);
    }
  } catch (error) {
    throw unwritable(error, folder);
  }
}

function unwritable(error: unknown, place: string): unknown {
  return asTargetError(error, place, 'set TMPDIR to a folder with enough space for a copy of the model');
}

/** Read-only: a model that one caller runs must be unchanged when the next one runs it. */
const readOnly = 0o400;

async function copyFile(
  { blobs, signal }: BlobSource,
  record: VersionRecord,
  file: ArtifactFile,
  path: string,
): Promise<void> {
  const handle = await open(path, 'wx', readOnly);
  try {
    for await (const chunk of blobs.read(file.digest)) {
      signal?.throwIfAborted();
      await handle.writeFile(chunk);
    }
  } catch (error) {
    if (!isMlregError(error, 'INTEGRITY')) throw error;
    // Find out whether it is damaged or missing. If the disk reads it well the second time, report
    // the first error.
    const health = await blobs.check(file.digest);
    throw health === 'sound' ? error : damagedFile(record, file, health, error);
  } finally {
    await handle.close();
  }
}
