import { join } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { isWithin, whereabouts } from '../files/path-guards.ts';
import type { Finding } from '../gates/evidence.ts';
import type { LatencyQuestion } from '../gates/kinds/latency.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { Authorship } from '../storage/events.ts';
import { refuseLost, type Head } from '../storage/head.ts';
import type { MetadataStore } from '../storage/metadata-store.ts';
import type { PredictionStore } from '../storage/predictions.ts';
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

/** Where a registry is. Operations that only one kind of location supports are on that kind. */
export type RegistryLocation = LocalFolder | RemoteLocation;

/** A folder that this machine can open. */
export interface LocalFolder {
  readonly kind: 'folder';
  /** Its path; registry/FORMAT.md says what is in it. */
  readonly home: string;
  /** Whether the group of the folder may use it. */
  isShared(): boolean;
  /**
   * Starts a copy that will become a registry in `directory`. Its rows are a snapshot of one
   * moment, and it has the kept predictions; its blobs are still missing. CONFLICT if the directory
   * is not empty, INVALID_INPUT if it is not a folder that can be replaced.
   */
  draftCopy(directory: string): Promise<DraftCopy>;
  /** Predictions that are kept for labels that come later. */
  predictions(): Promise<PredictionStore>;
}

/** A server or a bucket. */
export interface RemoteLocation {
  readonly kind: 'url';
  /** Without secrets: it is shown in messages and given to hooks. */
  readonly url: string;
}

/**
 * An unfinished copy of a registry, beside its final place, under a name that no command takes for
 * a registry.
 */
export interface DraftCopy {
  /** Opens the copy as it is, to fill and check it. The caller closes it. */
  open(): Promise<Registry>;
  /** Gives it its final name, durably. Close it first. `head` is the last event of its chain. */
  complete(head: Head): Promise<void>;
  /** Removes the copy without a trace. Never rejects. */
  discard(): Promise<void>;
}

/** The registry's name in messages, in JSON and for programs: a value that `--registry` takes. */
export function locationText({ location }: Pick<Registry, 'location'>): string {
  return location.kind === 'folder' ? location.home : location.url;
}

/**
 * The folder of a registry. USAGE if it is not in a local folder; `what` names the operation that
 * needs one: `a backup`.
 */
export function localFolder(registry: Pick<Registry, 'location'>, what: string): LocalFolder {
  const { location } = registry;
  if (location.kind === 'folder') return location;
  throw new MlregError('USAGE', `${what} needs a local registry, but this one is at ${location.url}`, {
    hint: 'use the folder of a registry: --registry DIR',
  });
}

/**
 * INVALID_INPUT if the source is inside the registry or contains it. A registry that is copied into
 * itself doubles with every registration, and pulling such a version would replace the database
 * with an old one.
 */
export async function refuseOwnFiles(registry: Registry, source: string): Promise<void> {
  const { location } = registry;
  if (location.kind !== 'folder') return;
  const [home, path] = await Promise.all([whereabouts(location.home), whereabouts(source)]);
  if (!isWithin(home, path) && !isWithin(path, home)) return;
  const how = isWithin(home, path) ? 'is inside' : 'contains';
  throw new MlregError('INVALID_INPUT', `${quote(source)} ${how} the registry ${quote(location.home)}`, {
    hint: 'register the model file, or a folder outside the registry',
  });
}

/** INVALID_INPUT if one of the files would be written into the registry. */
export async function refuseOwnFolder(
  registry: Registry,
  directory: string,
  paths: readonly string[],
): Promise<void> {
  const { location } = registry;
  if (location.kind !== 'folder') return;
  const [home, target] = await Promise.all([whereabouts(location.home), whereabouts(directory)]);
  if (!paths.some((path) => isWithin(home, join(target, path)))) return;
  throw new MlregError(
    'INVALID_INPUT',
    `cannot write to ${quote(directory)}: files would be written inside the registry`,
    {
      hint: 'choose another folder with -o DIR',
    },
  );
}

/** INVALID_INPUT if a backup of the registry would be inside the registry. */
export async function refuseBackupWithin({ home }: LocalFolder, directory: string): Promise<void> {
  if (!isWithin(await whereabouts(home), await whereabouts(directory))) return;
  throw new MlregError('INVALID_INPUT', `cannot back up to ${quote(directory)}: it is inside the registry`, {
    hint: 'use a folder outside it, best on another disk',
  });
}
