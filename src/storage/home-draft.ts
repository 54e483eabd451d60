import type { Head } from './head.ts';

/** A home in the making, beside its final place: nobody takes it for a whole one. */
export interface HomeDraft {
  /** The folder that is being filled; its own folders are there, and nothing else. */
  readonly home: string;
  /** Says which registry it is. Its database must be there; then it can be opened. */
  identify(registry: { id: string; createdAt: number }): Promise<void>;
  /** Notes where its chain ends: see `Head`. */
  noteHead(head: Head): void;
  /** Gives it its final name, durably. It must be closed. */
  complete(): Promise<void>;
  /** Removes it, as if there had been none. Never rejects. */
  discard(): Promise<void>;
}
