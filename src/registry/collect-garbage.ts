import type { Digest } from '../core/digest.ts';
import { isMlregError, MlregError } from '../core/errors.ts';
import type { Remains } from '../storage/blob-store.ts';
import { authorship, type OnProgress, type Registry } from './registry.ts';
import { verifyChain } from './verify-chain.ts';

export interface CollectInput {
  /** Only what has been without use for as long, in milliseconds. */
  olderThanMs: number;
  /** Do it; else only say what would be done. */
  yes: boolean;
  onProgress?: OnProgress;
}

export interface CollectResult {
  changed: boolean;
  dryRun: boolean;
  /** What was, or would be, taken out of blobs/, and is kept in trash/ for a week. */
  blobs: { digest: Digest; size: number }[];
  /** Of processes that are gone. */
  leftovers: Remains;
  /** What earlier collections took out a week ago or longer, gone for good. */
  purged: Remains;
  /** Needed by no version, and left where they are. */
  kept: { young: number; damaged: Digest[] };
  /** Bytes on the disk that were, or would be, free now. */
  freed: number;
  warnings: string[];
}

/** How long what was taken out can be put back. */
const keptInTrashMs = 7 * 24 * 3600e3;
/** A copy of a process that may run elsewhere is left alone for as long, whatever was asked for. */
const leastLeftoverMs = 24 * 3600e3;
const slice = 500;

/**
 * Takes out the blobs that no version needs and nobody has wanted for a while, and removes what killed processes left. Others may register
 * meanwhile. What was taken out goes to trash/, and for good a week later. Damaged blobs stay: they may be what is left of the only copy.
 * INTEGRITY where the rows are not what was recorded: what is needed could be among what is wrong.
 */
export async function collectGarbage(registry: Registry, input: CollectInput): Promise<CollectResult> {
  const now = registry.now();
  const result: CollectResult = {
    changed: false,
    dryRun: !input.yes,
    blobs: [],
    leftovers: { files: 0, bytes: 0 },
    purged: { files: 0, bytes: 0 },
    kept: { young: 0, damaged: [] },
    freed: 0,
    warnings: [],
  };
  const lease = input.yes ? await registry.metadata.lease() : undefined;
  try {
    if (lease !== undefined)
      await registry.metadata.endCollection({ ...authorship(registry, undefined), blobs: 0, bytes: 0 });
    await requireSoundRows(registry);
    await collectBlobs(registry, input, now - input.olderThanMs, result);
    const { leftovers, takenOut } = await registry.blobs.tidy({
      untouchedSince: now - Math.max(input.olderThanMs, leastLeftoverMs),
      takenBefore: now - keptInTrashMs,
      look: !input.yes,
    });
    Object.assign(result, { leftovers, purged: takenOut, freed: leftovers.bytes + takenOut.bytes });
  } finally {
    await lease?.release();
  }
  const { blobs, leftovers, purged, kept } = result;
  result.changed = input.yes && blobs.length + leftovers.files + purged.files > 0;
  if (kept.damaged.length > 0)
    result.warnings.push(
      `of what no version needs, some is damaged and stays where it is: ${kept.damaged.slice(0, 3).join(', ')}${kept.damaged.length > 3 ? ' …' : ''}`,
    );
  return result;
}

async function requireSoundRows(registry: Registry): Promise<void> {
  const chain = await verifyChain(registry, undefined);
  const [first, ...others] = [...chain.problems, ...(await registry.metadata.check())];
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new MlregError(
    'INTEGRITY',
    `nothing was collected, since the registry is damaged: ${first.subject}: ${first.problem}${more}`,
    { hint: 'mlreg verify lists all damage; damaged rows come back from a backup' },
  );
}

async function collectBlobs(
  registry: Registry,
  input: CollectInput,
  unwantedSince: number,
  result: CollectResult,
): Promise<void> {
  const { metadata } = registry;
  const [last] = await metadata.events({ limit: 1 });
  const plan: Plan = {
    unwantedSince,
    afterSeq: last?.seq ?? 0,
    spared: new Set(await metadata.blobsOfDeleted({ since: unwantedSince })),
    bytesRead: 0,
  };
  let batch: Blob[] = [];
  for await (const { digest, size, wantedAt } of registry.blobs.list()) {
    batch.push({ digest, size, wantedAt });
    if (batch.length < slice) continue;
    await collectSlice(registry, input, plan, batch, result);
    batch = [];
  }
  await collectSlice(registry, input, plan, batch, result);
}

interface Blob {
  digest: Digest;
  size: number;
  wantedAt: number;
}

interface Plan {
  unwantedSince: number;
  /** The last event when the collection was planned: what is deleted later is not old enough. */
  afterSeq: number;
  /** What versions needed that were deleted a short while ago. */
  spared: ReadonlySet<Digest>;
  bytesRead: number;
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
    if (!unneeded.has(digest)) continue;
    if (wantedAt > plan.unwantedSince || plan.spared.has(digest)) result.kept.young += 1;
    else if (await isSound(registry, digest)) candidates.set(digest, size);
    else result.kept.damaged.push(digest);
    plan.bytesRead += size;
    input.onProgress?.({
      done: plan.bytesRead,
      total: plan.bytesRead,
      what: 'reading what no version needs',
    });
  }
  const take = input.yes ? await takeOut(registry, plan, candidates, result) : [...candidates.keys()];
  result.blobs.push(...take.map((digest) => ({ digest, size: candidates.get(digest) ?? 0 })));
}

/** Within one collection: see `CollectionStore`. Registrations wait for its end, so that nothing slow happens here. */
async function takeOut(
  registry: Registry,
  { unwantedSince, afterSeq }: Plan,
  candidates: ReadonlyMap<Digest, number>,
  { kept }: CollectResult,
): Promise<Digest[]> {
  const { metadata, blobs } = registry;
  const taken: Digest[] = [];
  const digests = await metadata.beginCollection({ digests: [...candidates.keys()], afterSeq });
  if (digests.length === 0) return taken;
  try {
    for (const digest of digests) {
      const outcome = await blobs.takeOut(digest, unwantedSince);
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

/** A blob that cannot be read stays, like a damaged one. */
async function isSound(registry: Registry, digest: Digest): Promise<boolean> {
  registry.signal?.throwIfAborted();
  try {
    // One that is missing by now is found out when it is taken.
    return (await registry.blobs.check(digest)) !== 'corrupt';
  } catch (error) {
    if (!isMlregError(error, 'STORAGE')) throw error;
    return false;
  }
}
