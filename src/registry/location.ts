import { MlregError } from '../core/errors.ts';
import type { Head } from '../storage/head.ts';
import type { Registry } from './registry.ts';

/** Where a registry is. What only one kind of place can do is asked of that kind. */
export type RegistryLocation = LocalFolder | RemoteLocation;

/** A folder that this machine can open. */
export interface LocalFolder {
  readonly kind: 'folder';
  /** Its path; registry/FORMAT.md says what is in it. */
  readonly home: string;
  /** Whether the group of the folder may use it. */
  isShared(): boolean;
  /**
   * Begins a copy that will be a registry in `directory`: its rows are those of one moment, its
   * blobs are missing. CONFLICT where the directory holds something, INVALID_INPUT where it is
   * no folder that could be replaced.
   */
  draftCopy(directory: string): Promise<DraftCopy>;
}

/** A server or a bucket. */
export interface RemoteLocation {
  readonly kind: 'url';
  /** Without secrets: it is shown in messages and given to hooks. */
  readonly url: string;
}

/** A copy of a registry in the making, beside its final place: nobody takes it for a whole one. */
export interface DraftCopy {
  /** Opens the copy as it is, to fill it and to check it. Whoever opens it closes it. */
  open(): Promise<Registry>;
  /** Gives it its final name, durably. It must be closed. `head`: where its chain ends. */
  complete(head: Head): Promise<void>;
  /** Removes it, as if there had been none. Never rejects. */
  discard(): Promise<void>;
}

/** What names the registry in messages, in JSON and to programs: what `--registry` takes. */
export function locationText({ location }: Pick<Registry, 'location'>): string {
  return location.kind === 'folder' ? location.home : location.url;
}

/** The folder of a registry. USAGE where it is in none; `what` is what needs one: `a backup`. */
export function localFolder(registry: Pick<Registry, 'location'>, what: string): LocalFolder {
  const { location } = registry;
  if (location.kind === 'folder') return location;
  throw new MlregError('USAGE', `${what} needs a local registry, but this one is at ${location.url}`, {
    hint: 'use the folder of a registry: --registry DIR',
  });
}
