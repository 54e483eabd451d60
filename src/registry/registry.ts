import type { Finding } from '../gates/evidence.ts';
import type { LatencyQuestion } from '../gates/kinds/latency.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { Authorship } from '../storage/events.ts';
import { refuseLost } from '../storage/head.ts';
import type { MetadataStore } from '../storage/metadata-store.ts';
import { locationText, type RegistryLocation } from './location.ts';
import type { VerifiedCopies } from './verified-copies.ts';

/**
 * An open registry: the two stores, and the actor who changes them. Every verb takes one as its
 * first argument.
 */
export interface Registry {
  /** Where it is. For what only a local folder can do, see `localFolder`. */
  location: RegistryLocation;
  blobs: BlobStore;
  metadata: MetadataStore;
  /** The actor that this process's changes are recorded under. */
  actor: string;
  /** Epoch milliseconds. */
  now: () => number;
  /** How long to wait for other writers, in milliseconds. */
  waitMs: number;
  /**
   * Measures now, on this machine, and returns a finding for each gate, in their order. Versions
   * come from `copies`, which other gates share. The code that measures lies in a layer above the
   * verbs, so it is passed in.
   */
  latency(question: LatencyQuestion, copies: VerifiedCopies): Promise<Finding[]>;
  /** Aborted when the process is told to stop; long work checks it. */
  signal?: AbortSignal;
  /** Why the registry is read-only; absent: it is writable. */
  unwritable?: string;
  /**
   * Opens whatever is at this location now: for a caller that has freed space on a full disk, or
   * one that watches a location where another registry may appear.
   */
  again(): Promise<Registry>;
  /**
   * Changes when this open registry no longer sees what is at its location, for example after the
   * database file was replaced. A missing registry also has a stamp.
   */
  stamp(): string;
  close(): Promise<void>;
}

/** Called with the number of bytes done so far and the total. */
export type OnProgress = (progress: { done: number; total: number; what: string }) => void;

export function authorship(registry: Registry, message: string | undefined): Authorship {
  return { actor: registry.actor, at: registry.now(), ...(message === undefined ? {} : { message }) };
}

/** Refuses before long work what the store would refuse after it: see `refuseLost`. */
export async function refuseLostHistory(registry: Registry): Promise<void> {
  refuseLost(locationText(registry), await registry.metadata.head());
}
