import type { LatencyGauge } from '../gates/latency-gauge.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { Authorship } from '../storage/events.ts';
import type { MetadataStore } from '../storage/metadata-store.ts';

/** An open registry: the two stores, and who acts on them. Every verb takes one as its first argument. */
export interface Registry {
  /** Where it is, for messages: a folder. */
  home: string;
  blobs: BlobStore;
  metadata: MetadataStore;
  /** Who makes the changes of this process. */
  actor: string;
  /** Epoch milliseconds. */
  now: () => number;
  /** How long to wait for other writers, in milliseconds. */
  waitMs: number;
  /** Measures for latency gates. It stands above the verbs, and so is handed in. */
  latency: LatencyGauge;
  /** Aborted when the process is asked to stop; long work watches it. */
  signal?: AbortSignal;
  /** Why it can only be read; absent: it can be written. */
  unwritable?: string;
  /** Opens it once more: for who has made room on a full disk. */
  again(): Promise<Registry>;
  close(): Promise<void>;
}

/** Called with the bytes done so far and in all. */
export type OnProgress = (progress: { done: number; total: number; what: string }) => void;

export function authorship(registry: Registry, message: string | undefined): Authorship {
  return { actor: registry.actor, at: registry.now(), ...(message === undefined ? {} : { message }) };
}
