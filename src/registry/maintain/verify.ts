import type { Checkpoint } from '../../core/events/checkpoint.ts';
import type { Digest } from '../../core/versions/artifact.ts';
import { isMlregError, MlregError } from '../../core/errors.ts';
import { formatReference, type Reference } from '../../core/versions/reference.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { isListingSound } from '../../storage/artifact-listing.ts';
import { lostHint } from '../../storage/head.ts';
import { artifactsOf } from '../check-bytes.ts';
import type { OnProgress, Registry } from '../registry.ts';
import { neededFor, repairBlob } from './repair-blobs.ts';
import { resolve } from '../resolve.ts';
import { verifyChain } from './verify-chain.ts';

export interface VerifyInput {
  /** Only this version. */
  ref?: Reference;
  /** Do not read the stored bytes: only check that the files exist and have the right size. */
  quick?: boolean;
  /** Repair what can be repaired from what the registry has, and set damaged blobs aside. */
  repair?: boolean;
  /** A head of the chain that was saved earlier. */
  checkpoint?: Checkpoint;
  onProgress?: OnProgress;
}

export interface VerifyResult {
  ok: boolean;
  changed: boolean;
  /** The version to check; null: the whole registry. */
  ref: string | null;
  /** Whether reading the stored bytes was skipped. */
  quick: boolean;
  checked: { events: number; blobs: number; bytes: number };
  /**
   * `subject`: what it is about: a version, a blob's digest, a stage, the event chain, the
   * database or a file of kept predictions.
   */
  problems: { subject: string; problem: string }[];
  /** What was wrong and is now repaired. */
  repaired: { subject: string; how: string }[];
  /**
   * Stored files that no version needs: not checked, and not a problem. Null if one version was
   * asked for.
   */
  unneeded: { files: number; bytes: number } | null;
  /** An older database is in place of the one that was written last. Also listed in `problems`. */
  lost: boolean;
  /** What to do about `lost`. */
  lostHint?: string;
}

const slice = 500;

/**
 * Checks stored bytes against their digests, rows against their events, and the chain of events for
 * gaps. Changes nothing unless `repair` is set.
 */
export async function verify(registry: Registry, input: VerifyInput): Promise<VerifyResult> {
  refuseMixed(input);
  const result: VerifyResult = {
    ok: true,
    changed: false,
    ref: null,
    quick: input.quick === true,
    checked: { events: 0, blobs: 0, bytes: 0 },
    problems: [],
    repaired: [],
    unneeded: null,
    lost: false,
  };
  // Keeps blobs in trash/ from being deleted while a repair looks for them.
  const lease = input.repair === true ? await registry.metadata.lease() : undefined;
  try {
    if (input.ref === undefined) {
      // If one part cannot be read, the others are still checked.
      const part = async (look: () => Promise<void>): Promise<void> =>
        look().catch((error: unknown) => noteDamage(result, error));
      await part(async () => {
        const state = await registry.metadata.head();
        if (state.lost === null) return;
        [result.lost, result.lostHint] = [true, lostHint(state.lost)];
        result.problems.push({ subject: 'event chain', problem: state.lost.problem });
      });
      await part(async () => {
        const { events, problems } = await verifyChain(registry, input.checkpoint);
        result.checked.events = events;
        result.problems.push(...problems);
      });
      await part(async () => void result.problems.push(...(await registry.metadata.check())));
      await part(() => verifyBlobs(registry, result, input));
      await part(async () => void result.problems.push(...(await checkPredictions(registry, input))));
      await part(async () => void (result.unneeded = await countUnneeded(registry)));
    } else {
      await verifyVersion(registry, await resolve(registry, input.ref), result, input);
    }
  } finally {
    await lease?.release();
  }
  result.ok = result.problems.length === 0;
  return result;
}

function refuseMixed({ ref, quick, repair, checkpoint }: VerifyInput): void {
  const mixed =
    quick === true && repair === true
      ? ['--repair reads every byte', '--quick or --repair']
      : checkpoint !== undefined && ref !== undefined
        ? ['a checkpoint covers the whole registry', 'a version or --checkpoint']
        : undefined;
  if (mixed === undefined) return;
  throw new MlregError('USAGE', `${mixed[0]}: use ${mixed[1]}, not both`, {
    hint: 'run mlreg verify twice',
  });
}

/** A database that cannot be read any further is one more problem. */
function noteDamage({ problems }: VerifyResult, error: unknown): void {
  if (!isMlregError(error, 'INTEGRITY')) throw error;
  if (!problems.some(({ problem }) => problem === error.message))
    problems.push({ subject: 'database', problem: error.message });
}

interface Needed {
  digest: Digest;
  /** Bytes; null: not recorded. */
  size: number | null;
}

async function verifyBlobs(registry: Registry, result: VerifyResult, input: VerifyInput): Promise<void> {
  const { onProgress } = input;
  const total = onProgress === undefined ? 0 : await neededBytes(registry);
  let done = 0;
  let after: Digest | undefined;
  for (;;) {
    const needed = await registry.metadata.neededBlobs({
      limit: slice,
      ...(after === undefined ? {} : { after }),
    });
    if (needed.length === 0) return;
    for (const blob of needed) {
      await verifyBlob(registry, blob, result, input);
      done = Math.min(total, done + (blob.size ?? 0));
      onProgress?.({ done, total, what: 'verifying' });
    }
    after = needed.at(-1)?.digest;
  }
}

/** Bytes of all blobs that versions need, without the few whose size is not recorded. */
export async function neededBytes({ metadata }: Registry): Promise<number> {
  let bytes = 0;
  let after: Digest | undefined;
  for (;;) {
    const needed = await metadata.neededBlobs({ limit: slice, ...(after === undefined ? {} : { after }) });
    if (needed.length === 0) return bytes;
    for (const { size } of needed) bytes += size ?? 0;
    after = needed.at(-1)?.digest;
  }
}

async function verifyBlob(
  registry: Registry,
  { digest, size }: Needed,
  result: VerifyResult,
  { quick, repair }: VerifyInput,
): Promise<void> {
  registry.signal?.throwIfAborted();
  result.checked.blobs += 1;
  try {
    const stored = await registry.blobs.size(digest);
    const health = quick === true ? quickHealth(stored, size) : await registry.blobs.check(digest);
    if (quick !== true) result.checked.bytes += stored ?? 0;
    if (health !== 'sound') {
      const { changed, how } =
        repair === true ? await repairBlob(registry, digest) : { changed: false, how: undefined };
      result.changed ||= changed;
      if (how !== undefined) result.repaired.push({ subject: digest, how });
      else
        result.problems.push({
          subject: digest,
          problem: `the blob is ${health}${await neededFor(registry, digest)}${changed ? '; its damaged bytes were moved to quarantine/' : ''}`,
        });
    }
  } catch (error) {
    // A bad sector, or a row without a valid digest, must not stop the check of the other blobs.
    if (!isMlregError(error, 'STORAGE') && !isMlregError(error, 'INTEGRITY')) throw error;
    result.problems.push({ subject: String(digest), problem: `cannot be read: ${error.message}` });
  }
}

/** Kept predictions are no part of the chain, but damage to them is damage all the same. */
async function checkPredictions(
  { location }: Registry,
  { quick }: VerifyInput,
): Promise<VerifyResult['problems']> {
  if (quick === true || location.kind !== 'folder') return [];
  return (await location.predictions()).check();
}

/** Bytes of deleted versions, of unfinished or abandoned registrations, and of lost rows. */
async function countUnneeded(registry: Registry): Promise<{ files: number; bytes: number }> {
  const sum = { files: 0, bytes: 0 };
  const sizes = new Map<Digest, number>();
  const add = async (): Promise<void> => {
    for (const digest of await registry.metadata.unneededBlobs([...sizes.keys()])) {
      sum.files += 1;
      sum.bytes += sizes.get(digest) ?? 0;
    }
    sizes.clear();
  };
  for await (const { digest, size } of registry.blobs.list())
    if (sizes.set(digest, size).size >= slice) await add();
  await add();
  return sum;
}

function quickHealth(stored: number | undefined, recorded: number | null): 'sound' | 'missing' | 'corrupt' {
  if (stored === undefined) return 'missing';
  return recorded === null ? (stored > 0 ? 'sound' : 'corrupt') : stored === recorded ? 'sound' : 'corrupt';
}

/**
 * Checks the version's rows against their events, its list of files against its digest, and its
 * bytes.
 */
async function verifyVersion(
  registry: Registry,
  record: VersionRecord,
  result: VerifyResult,
  input: VerifyInput,
): Promise<void> {
  const artifacts = artifactsOf(record);
  result.ref = formatReference(record.name, record.version);
  result.problems.push(...(await registry.metadata.check({ name: record.name, version: record.version })));
  if (!artifacts.every(isListingSound))
    result.problems.push({
      subject: result.ref,
      problem: 'its file list does not match its digest',
    });
  const blobs = new Map<Digest, Needed>();
  for (const { digest, configDigest, files } of artifacts)
    for (const blob of [{ digest, size: null }, { digest: configDigest, size: null }, ...files])
      blobs.set(blob.digest, { digest: blob.digest, size: blob.size });
  const total = [...blobs.values()].reduce((bytes, { size }) => bytes + (size ?? 0), 0);
  let done = 0;
  for (const blob of blobs.values()) {
    await verifyBlob(registry, blob, result, input);
    done += blob.size ?? 0;
    input.onProgress?.({ done, total, what: 'verifying' });
  }
}
