import { notLater } from '../../core/events/event.ts';
import { MlregError, isMlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { counted } from '../../core/text/numbers.ts';
import { type Digest, hexOf } from '../../core/versions/artifact.ts';
import type { Remains } from '../../storage/blob-store.ts';
import { refuseLostHistory, type OnProgress, type Registry, authorship } from '../registry.ts';
import { withRoom } from './on-full-disk.ts';
import { type Tidied, emptyTrash, keptInTrashMs, removeLeftovers } from './tidy-home.ts';
import { verifyChain } from './verify-chain.ts';

export interface CollectInput {
  /** Only blobs that have been unused for at least this many milliseconds. */
  olderThanMs: number;
  /** Do it; otherwise only report what would be done. */
  yes: boolean;
  /** Empty trash/ now, including what this run takes out. */
  purge?: boolean;
  onProgress?: OnProgress;
}

export interface CollectResult {
  changed: boolean;
  dryRun: boolean;
  /** Whether trash/ was, or would be, emptied. */
  purge: boolean;
  /**
   * What was, or would be, moved out of blobs/. It stays in trash/ for a week, unless `purge` is
   * set.
   */
  blobs: { digest: Digest; size: number }[];
  /** Left by processes that no longer run. */
  leftovers: Remains;
  /**
   * What was taken out of blobs/ at least a week ago (with `purge`: everything in trash/) and is
   * now deleted for good.
   */
  purged: Remains;
  /** Kept predictions whose time is over, now deleted for good. */
  expired: Remains;
  /**
   * What stayed: blobs that no version needs but that are too new or damaged, and files whose names
   * are not mlreg's.
   */
  kept: { young: number; damaged: Digest[]; foreign: string[] };
  /** Disk space, in bytes, that was or would be freed. */
  freed: number;
  warnings: string[];
}

const slice = 500;

/**
 * Takes out the blobs that no version needs and that have been unused for a while, and removes what
 * killed processes left. Others may register meanwhile. Blobs go to trash/, and are deleted a week
 * later, or at once with `purge`. Damaged blobs stay: they may be what is left of the only copy.
 * Files that can be removed without writing a row go first: on a full disk nothing can be written
 * before that. INTEGRITY if the rows are not what was recorded: then it is not certain which blobs
 * are needed.
 */
export async function collectGarbage(registry: Registry, input: CollectInput): Promise<CollectResult> {
  const { yes, purge, olderThanMs } = input;
  const now = registry.now();
  const result: CollectResult = {
    changed: false,
    dryRun: !yes,
    purge: purge === true,
    blobs: [],
    leftovers: { files: 0, bytes: 0, paths: [] },
    purged: { files: 0, bytes: 0, paths: [] },
    expired: { files: 0, bytes: 0, paths: [] },
    kept: { young: 0, damaged: [], foreign: [] },
    freed: 0,
    warnings: [],
  };
  note(result, 'leftovers', await removeLeftovers(registry, { untouchedMs: olderThanMs, look: !yes }));
  if (registry.location.kind === 'folder')
    result.expired = await (await registry.location.predictions()).prune({ now, look: !yes });
  const lease = yes ? await registry.metadata.lease() : undefined;
  try {
    await requireSoundRows(registry);
    const takenBefore = purge === true ? Infinity : now - keptInTrashMs;
    note(result, 'purged', await emptyTrash(registry, { takenBefore, look: !yes }));
    const collect = async (open: Registry): Promise<void> => {
      if (yes) await open.metadata.endCollection({ ...authorship(open, undefined), blobs: 0, bytes: 0 });
      await collectBlobs(open, input, now, result);
    };
    await (yes ? withRoom(registry, collect) : collect(registry));
    if (purge === true) await purgeTaken(registry, result);
  } catch (error) {
    throw afterRemoval(error, result);
  } finally {
    await lease?.release();
  }
  const { blobs, leftovers, purged, expired, kept } = result;
  result.freed = leftovers.bytes + purged.bytes + expired.bytes;
  result.changed = yes && blobs.length + leftovers.files + purged.files + expired.files > 0;
  if (kept.damaged.length > 0)
    result.warnings.push(
      `kept damaged files that no version needs: ${kept.damaged.slice(0, 3).join(', ')}${kept.damaged.length > 3 ? ' …' : ''}`,
    );
  if (kept.foreign.length > 0)
    result.warnings.push(
      `kept files not created by mlreg: ${kept.foreign.slice(0, 3).map(quote).join(', ')}${kept.foreign.length > 3 ? ' …' : ''}`,
    );
  return result;
}

function note(result: CollectResult, kind: 'leftovers' | 'purged', { removed, foreign }: Tidied): void {
  const sum = result[kind];
  sum.files += removed.files;
  sum.bytes += removed.bytes;
  sum.paths.push(...removed.paths);
  result.kept.foreign.push(...foreign);
}

/** Includes what this run took out. */
async function purgeTaken(registry: Registry, result: CollectResult): Promise<void> {
  const { blobs, dryRun } = result;
  if (blobs.length === 0) return;
  if (!dryRun) {
    const { removed } = await emptyTrash(registry, { takenBefore: Infinity, look: false });
    return note(result, 'purged', { removed, foreign: [] });
  }
  const removed: Remains = {
    files: blobs.length,
    bytes: blobs.reduce((sum, { size }) => sum + size, 0),
    paths: blobs.map(({ digest }) => `blobs/sha256/${hexOf(digest)}`),
  };
  note(result, 'purged', { removed, foreign: [] });
}

/**
 * Adds to an error that files were already removed: its own text may say that nothing was changed.
 */
function afterRemoval(error: unknown, { dryRun, leftovers, purged, expired }: CollectResult): unknown {
  const files = leftovers.files + purged.files + expired.files;
  if (dryRun || files === 0 || !isMlregError(error)) return error;
  const removed = `removed ${counted(files, 'file')} from tmp/, trash/ and predictions/ before this error`;
  return new MlregError(error.code, `${removed}: ${error.message}`, {
    hint: error.hint,
    ...(error.details === undefined ? {} : { details: error.details }),
    cause: error,
  });
}

async function requireSoundRows(registry: Registry): Promise<void> {
  await refuseLostHistory(registry);
  const chain = await verifyChain(registry, undefined);
  const [first, ...others] = [...chain.problems, ...(await registry.metadata.check())];
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new MlregError(
    'INTEGRITY',
    `nothing was collected, because the registry is damaged: ${first.subject}: ${first.problem}${more}`,
    { hint: 'run mlreg verify to list all damage; restore damaged rows from a backup' },
  );
}

async function collectBlobs(
  registry: Registry,
  input: CollectInput,
  now: number,
  result: CollectResult,
): Promise<void> {
  const { metadata } = registry;
  const unwantedSince = now - input.olderThanMs;
  const [last] = await metadata.events({ limit: 1 });
  const plan: Plan = {
    unwantedSince,
    now,
    afterSeq: last?.seq ?? 0,
    spared: new Set(await metadata.blobsOfDeleted({ since: unwantedSince, now })),
    toCome: 0,
    bytesRead: 0,
    bytes: 0,
  };
  if (input.onProgress !== undefined) for await (const { size } of registry.blobs.list()) plan.bytes += size;
  let batch: Blob[] = [];
  for await (const { digest, size, wantedAt } of registry.blobs.list()) {
    batch.push({ digest, size, wantedAt });
    if (batch.length < slice) continue;
    await collectSlice(registry, input, plan, batch, result);
    batch = [];
  }
  await collectSlice(registry, input, plan, batch, result);
  if (plan.toCome > 0)
    result.warnings.push(
      `${plan.toCome} ${plan.toCome === 1 ? 'blob has' : 'blobs have'} a time in the future, so ${plan.toCome === 1 ? 'its age is' : 'their ages are'} unknown; --older-than 0s removes unused files of any age`,
    );
  const { bytes } = plan;
  input.onProgress?.({ done: bytes, total: bytes, what: 'checking unused files' });
}

interface Blob {
  digest: Digest;
  size: number;
  wantedAt: number;
}

interface Plan {
  unwantedSince: number;
  now: number;
  /** How many blobs count as new because their time is in the future. */
  toCome: number;
  /** The last event at the time of planning. Versions deleted after it are not old enough. */
  afterSeq: number;
  /** Blobs needed by versions that were deleted a short while ago. */
  spared: ReadonlySet<Digest>;
  /** Progress: bytes checked so far. `bytes` is the total when the check began. */
  bytesRead: number;
  bytes: number;
}

async function collectSlice(
  registry: Registry,
  input: CollectInput,
  plan: Plan,
  batch: Blob[],
  result: CollectResult,
): Promise<void> {
  const { metadata } = registry;
  const unneeded = new Set(await metadata.unneededBlobs(batch.map(({ digest }) => digest)));
  const candidates = new Map<Digest, number>();
  for (const { digest, size, wantedAt } of batch) {
    plan.bytesRead = Math.min(plan.bytes, plan.bytesRead + size);
    if (!unneeded.has(digest)) continue;
    const wanted = notLater(wantedAt, plan.now);
    if (wanted > plan.unwantedSince || plan.spared.has(digest)) {
      result.kept.young += 1;
      if (wanted !== wantedAt) plan.toCome += 1;
    } else if (await isSound(registry, digest)) candidates.set(digest, size);
    else result.kept.damaged.push(digest);
    input.onProgress?.({
      done: plan.bytesRead,
      total: plan.bytes,
      what: 'checking unused files',
    });
  }
  const take = input.yes ? await moveCandidates(registry, plan, candidates, result) : [...candidates.keys()];
  result.blobs.push(...take.map((digest) => ({ digest, size: candidates.get(digest) ?? 0 })));
}

/**
 * Runs inside one collection: see `CollectionStore`. Registrations wait for its end, so nothing
 * slow may happen here.
 */
async function moveCandidates(
  registry: Registry,
  { unwantedSince, now, afterSeq }: Plan,
  candidates: ReadonlyMap<Digest, number>,
  { kept }: CollectResult,
): Promise<Digest[]> {
  const { metadata, blobs } = registry;
  const taken: Digest[] = [];
  const digests = await metadata.beginCollection({ digests: [...candidates.keys()], afterSeq });
  if (digests.length === 0) return taken;
  try {
    for (const digest of digests) {
      const outcome = await blobs.moveToTrash(digest, unwantedSince, now);
      if (outcome === 'taken') taken.push(digest);
      else if (outcome === 'young') kept.young += 1;
    }
    await blobs.sync();
  } finally {
    const bytes = taken.reduce((sum, digest) => sum + (candidates.get(digest) ?? 0), 0);
    await metadata.endCollection({ ...authorship(registry, undefined), blobs: taken.length, bytes });
  }
  return taken;
}

/** A blob that cannot be read is kept, like a damaged one. */
async function isSound(registry: Registry, digest: Digest): Promise<boolean> {
  registry.signal?.throwIfAborted();
  try {
    // A blob that has gone missing is noticed when it is taken.
    return (await registry.blobs.check(digest)) !== 'corrupt';
  } catch (error) {
    if (!isMlregError(error, 'STORAGE')) throw error;
    return false;
  }
}
