import { formatReference, type Reference } from '../core/reference.ts';
import { isMlregError } from '../core/errors.ts';
import type { RegistryEvent } from '../core/event.ts';
import type { Digest } from '../core/digest.ts';
import type { VersionRecord } from '../core/version-record.ts';
import { brokenLink } from '../storage/hash-chain.ts';
import { isListingSound } from './check-bytes.ts';
import type { OnProgress, Registry } from './registry.ts';
import { resolve } from './resolve.ts';

export interface VerifyResult {
  ok: boolean;
  /** The version that was asked for; null: the whole registry. */
  ref: string | null;
  checked: { events: number; blobs: number; bytes: number };
  /** `subject`: what it is about: a version, a blob's digest, a stage, the event chain, the database. */
  problems: { subject: string; problem: string }[];
}

const slice = 500;

/** Proves that stored bytes are what their digests say, rows what their events say, and the chain of events whole. Changes nothing. */
export async function verify(
  registry: Registry,
  { ref, onProgress }: { ref?: Reference; onProgress?: OnProgress },
): Promise<VerifyResult> {
  const result: VerifyResult = {
    ok: true,
    ref: null,
    checked: { events: 0, blobs: 0, bytes: 0 },
    problems: [],
  };
  if (ref === undefined) {
    await verifyChain(registry, result);
    result.problems.push(...(await registry.metadata.check()));
    await verifyBlobs(registry, result, onProgress);
  } else {
    await verifyVersion(registry, await resolve(registry, ref), result);
  }
  result.ok = result.problems.length === 0;
  return result;
}

async function verifyChain(registry: Registry, result: VerifyResult): Promise<void> {
  let last: RegistryEvent | undefined;
  for (;;) {
    const events = await registry.metadata.eventsAscending({ after: last?.seq ?? 0, limit: slice });
    if (events.length === 0) return;
    for (const event of events) {
      const problem = brokenLink(last, event);
      if (problem !== undefined) {
        // After the first broken link nothing that follows is proven either.
        result.problems.push({ subject: 'event chain', problem });
        return;
      }
      last = event;
      result.checked.events += 1;
    }
  }
}

async function verifyBlobs(
  registry: Registry,
  result: VerifyResult,
  onProgress: OnProgress | undefined,
): Promise<void> {
  let after: Digest | undefined;
  for (;;) {
    const needed = await registry.metadata.neededBlobs({
      limit: slice,
      ...(after === undefined ? {} : { after }),
    });
    if (needed.length === 0) return;
    for (const { digest } of needed) await verifyBlob(registry, digest, result, onProgress);
    after = needed.at(-1)?.digest;
  }
}

async function verifyBlob(
  registry: Registry,
  digest: Digest,
  result: VerifyResult,
  onProgress?: OnProgress,
): Promise<void> {
  registry.signal?.throwIfAborted();
  result.checked.blobs += 1;
  try {
    const health = await registry.blobs.check(digest);
    result.checked.bytes += (await registry.blobs.size(digest)) ?? 0;
    if (health !== 'sound') result.problems.push({ subject: digest, problem: `the blob is ${health}` });
  } catch (error) {
    // A bad sector says nothing of the other blobs.
    if (!isMlregError(error, 'STORAGE')) throw error;
    result.problems.push({ subject: digest, problem: `cannot be read: ${error.message}` });
  }
  onProgress?.({ done: result.checked.blobs, total: result.checked.blobs, what: 'verifying blobs' });
}

/** The version's rows against their events, that they list the files that its digest stands for, and its bytes. */
async function verifyVersion(registry: Registry, record: VersionRecord, result: VerifyResult): Promise<void> {
  const artifacts = [record.artifact, ...(record.golden === null ? [] : [record.golden])];
  result.ref = formatReference(record.name, record.version);
  result.problems.push(...(await registry.metadata.check({ name: record.name, version: record.version })));
  if (!artifacts.every(isListingSound))
    result.problems.push({
      subject: result.ref,
      problem: 'its rows list other files than its digest stands for',
    });
  const digests = new Set(
    artifacts.flatMap(({ digest, configDigest, files }) => [
      digest,
      configDigest,
      ...files.map((file) => file.digest),
    ]),
  );
  for (const digest of digests) await verifyBlob(registry, digest, result);
}
