import { mkdir, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isMlregError } from '../core/errors.ts';
import { checkArtifactPaths } from '../core/versions/artifact-path.ts';
import { type Digest, hexOf } from '../core/versions/digest.ts';
import type { Artifact, ArtifactFile, VersionRecord } from '../core/versions/version-record.ts';
import { makeScratchFolder } from '../files/scratch-folder.ts';
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
import { requireOnnx } from './preconditions.ts';

/** A copy of a golden set that was registered with a version. */
export interface GoldenCopy extends CheckedGolden {
  digest: Digest;
  /** Where each file is, by its path in the golden set. */
  files: Map<string, string>;
}

/**
 * Copies of versions in a folder for temporary files, shared by all who need them while one verb lasts: a file is copied
 * when it is first needed, and compared with its digest while it is copied, so that its stored bytes are read once,
 * whoever asks. The copies are not synced, since none outlives the process. Every method rejects INTEGRITY for rows that
 * were changed and for stored bytes that are missing or damaged, naming the file; STORAGE where a copy cannot be written.
 */
export interface VerifiedCopies {
  /** A folder with the files of the version's artifact. Nobody may change it. */
  model(record: VersionRecord): Promise<string>;
  /**
   * The version's golden set, read in full; null: it has none. INVALID_INPUT for a version that is no ONNX model, and
   * for a golden set that is not for it.
   */
  golden(record: VersionRecord): Promise<GoldenCopy | null>;
  /** Compares what only names the version's files with its digests: quick, before what takes long. */
  verifyListing(record: VersionRecord): Promise<void>;
  /** Every stored byte of the version, its golden set included, is what was registered. Reads what no copy has read. */
  verify(record: VersionRecord): Promise<void>;
}

/**
 * Lends copies for as long as the action takes; nothing is made before one is asked for. With `shared`, those are lent:
 * whoever made them removes them. `purpose` is a word for the folder's name.
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
  /** Read by now, and sound. */
  const sound = new Set<Digest>();
  const folders = new Map<Digest, Promise<string>>();
  /** By model and golden set: what is read of one depends on the other. */
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
  const readGolden = async (record: VersionRecord, golden: Artifact): Promise<GoldenCopy> => {
    const { signature } = requireOnnx(record);
    const folder = await copyOf(record, golden);
    // Loaded only where there is one.
    const { checkGoldenSet } = await import('../onnx/golden/golden-set.ts');
    const files = new Map(golden.files.map(({ path }) => [path, join(folder, path)]));
    return { digest: golden.digest, files, ...checkGoldenSet(files, signature) };
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
      const { artifact, golden } = record;
      if (golden === null) return null;
      return once(goldenSets, `${artifact.digest} ${golden.digest}`, () => readGolden(record, golden));
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

/** Only to be read: whoever runs the model once must not change it for who runs it next. */
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
    // Which of the two it is; a medium that reads well the second time is told of as it was found.
    const health = await blobs.check(file.digest);
    throw health === 'sound' ? error : damagedFile(record, file, health, error);
  } finally {
    await handle.close();
  }
}
