import type { Finding } from '../gates/evidence.ts';
import type { LatencyQuestion } from '../gates/latency-gauge.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { Authorship } from '../storage/events.ts';
import type { MetadataStore } from '../storage/metadata-store.ts';
import type { RegistryLocation } from './location.ts';
import type { VerifiedCopies } from './verified-copies.ts';

/**
 * An open registry: the two stores, and who acts on them. Every verb takes one as its first
 * argument.
 */
export interface Registry {
  /** Where it is. What only a local folder can do is asked of it: see `localFolder`. */
  location: RegistryLocation;
  blobs: BlobStore;
  metadata: MetadataStore;
  /** Who makes the changes of this process. */
  actor: string;
  /** Epoch milliseconds. */
  now: () => number;
  /** How long to wait for other writers, in milliseconds. */
  waitMs: number;
  /**
   * Measures now, on this machine, and answers each gate, in their order. It takes versions from
   * `copies`, which other gates share. It stands above the verbs, and so is handed in.
   */
  latency(question: LatencyQuestion, copies: VerifiedCopies): Promise<Finding[]>;
  /** Aborted when the process is asked to stop; long work watches it. */
  signal?: AbortSignal;
  /** Why it can only be read; absent: it can be written. */
  unwritable?: string;
  /**
   * Opens what is at its location now: for who has made room on a full disk, or watches a place
   * where another registry may come.
   */
  again(): Promise<Registry>;
  /**
   * Another text where this one does not see any more what is at its location. What is not there
   * has a stamp as well.
   */
  stamp(): string;
  close(): Promise<void>;
}

/** Called with the bytes done so far and in all. */
export type OnProgress = (progress: { done: number; total: number; what: string }) => void;

export function authorship(registry: Registry, message: string | undefined): Authorship {
  return { actor: registry.actor, at: registry.now(), ...(message === undefined ? {} : { message }) };
}
