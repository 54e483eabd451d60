import type { Amendment } from '../core/amendment.ts';
import type { Digest } from '../core/digest.ts';
import type { EventAction, RegistryEvent } from '../core/event.ts';
import type { GateResult } from '../core/gate-result.ts';
import type { ModelName } from '../core/model-name.ts';
import type { StageName } from '../core/stage.ts';
import type { BumpLevel, Version } from '../core/version.ts';
import type {
  BenchRecord,
  StackEntry,
  StagePointer,
  VersionFacts,
  VersionRecord,
} from '../core/version-record.ts';
import type { CollectionStore } from './collection-store.ts';

/** Who changes something, when and why. `at` is what the clock says; the store never lets time run backwards. */
export interface Authorship {
  actor: string;
  /** Epoch milliseconds. */
  at: number;
  message?: string;
}

export interface RegistryInfo {
  id: string;
  createdAt: number;
}

/** A page of rows in a fixed order; `next` continues after the last one, absent on the last page. */
export interface Page<Row, Key> {
  rows: Row[];
  next?: Key;
}

export interface ModelSummary {
  name: ModelName;
  /** Versions that are not deleted. */
  versions: number;
  latest: Version | null;
  stages: { stage: StageName; version: Version }[];
}

/** Which number a new version gets. */
export type NumberRequest =
  | { kind: 'auto' }
  | { kind: 'bump'; level: BumpLevel }
  | { kind: 'exact'; version: Version };

export interface NewVersion extends Authorship {
  facts: Omit<VersionFacts, 'version' | 'bump' | 'bumpReason' | 'previous' | 'createdAt' | 'actor'>;
  number: NumberRequest;
  ifExists: 'reuse' | 'new';
  /**
   * `CollectionStore.collections` as read before the blobs were published. A collector that ran since may have taken one
   * that existed already; then nothing is changed, the answer is `collected`, and the caller publishes again.
   */
  ifCollections: number;
}

export type RegisterOutcome =
  | { outcome: 'created'; version: VersionRecord; event: RegistryEvent }
  /** The same identity was registered before. */
  | { outcome: 'exists'; version: VersionRecord }
  /** The number asked for belongs to something else, or was used before. */
  | { outcome: 'taken'; by: VersionRecord }
  | { outcome: 'collected' };

/** A version as another registry recorded it. */
export interface ForeignVersion {
  facts: VersionFacts;
  /** The id of the registry that exported it. */
  registry: string;
  /**
   * Its events there, oldest first, the first one being that of its registration or import. Its tags, its yank and what was said of
   * it follow from them.
   */
  history: RegistryEvent[];
}

export interface NewImport extends Authorship {
  /** No two with one name and one place in the order of versions; parents stand before their children. */
  versions: readonly ForeignVersion[];
  /** As `NewVersion.ifCollections`. */
  ifCollections: number;
}

export type ImportOutcome =
  /** In the order of the input; no `event`: the same identity was there under that number, and stays as it is. */
  | { outcome: 'imported'; versions: { version: VersionRecord; event?: RegistryEvent }[] }
  /** A number belongs to something else, or was used before. Nothing was changed. */
  | { outcome: 'taken'; number: Version; by: VersionRecord }
  | { outcome: 'collected' };

export interface Move extends Authorship {
  model: ModelName;
  stage: StageName;
  action: 'promote' | 'demote' | 'rollback';
  /** The generation that was looked at when the move was decided. */
  ifGeneration: number;
  /** Push an entry (null empties the stage), or pop down to the entry with this sequence number. */
  to: { push: Version | null } | { pop: number };
  /** Yank the outgoing version in the same change. */
  yankOutgoing?: string;
  /** What the promotion was judged on besides; it is `stale` where that is not so any more. */
  judgedOn?: {
    /** Generations of other stages of the model. */
    generations: { stage: StageName; generation: number }[];
    /** Sequence number of the last `policy` event; null: there was none. */
    policy: number | null;
  };
  /** What the gates found, and which of them were overridden: the event keeps it. */
  evidence?: GateEvidence;
}

/** What an event says of the gates of a promotion. */
export interface GateEvidence {
  gates: GateResult[];
  /** Conditions that did not pass and were overridden. */
  overridden?: string[];
}

/** An event beside which nothing changes: a promotion that was refused, a program that failed. */
export interface Note extends Authorship {
  action: 'blocked' | 'hook';
  model: ModelName;
  version: Version;
  stage: StageName;
  details: Record<string, unknown>;
}

export type MoveOutcome =
  | { outcome: 'moved'; from: Version | null; to: Version | null; generation: number; event: RegistryEvent }
  /** The pointer has moved since, or what the move was judged on: look again, decide again. Nothing was changed. */
  | { outcome: 'stale' }
  /** The target was yanked or deleted since. Nothing was changed. */
  | { outcome: 'unfit' }
  /** The stage is not declared, or not any more. Nothing was changed. */
  | { outcome: 'undeclared' };

export interface VersionKey {
  name: ModelName;
  version: Version;
}

export interface TagChange {
  set: Record<string, string>;
  remove: readonly string[];
}

export type DeleteOutcome =
  | { outcome: 'deleted'; event: RegistryEvent }
  /** It was deleted before, or never there. */
  | { outcome: 'gone' }
  /** Stages point at it. Nothing was changed. */
  | { outcome: 'held'; stages: StageName[] };

/** `stages` is the list after the change, or as it is. */
export type AddStageOutcome = { outcome: 'added' | 'exists' | 'unknown-after'; stages: StageName[] };

export type RemoveStageOutcome =
  | { outcome: 'removed' | 'unknown'; stages: StageName[] }
  /** Models hold it; the first few. Nothing was changed. */
  | { outcome: 'held'; models: string[] };

export interface MovesAtQuery {
  model?: ModelName;
  stage?: StageName;
  /** Epoch milliseconds. */
  at: number;
  limit: number;
  /** Continues behind this stage of this model. */
  after?: { model: ModelName; stage: StageName };
}

export interface BenchQuery {
  model?: ModelName;
  /** Of that model. */
  version?: Version;
  /** Only those that an event with a lower sequence number recorded. */
  before?: number;
  limit: number;
}

export interface EventQuery {
  /** Null: only events that are of no model. */
  model?: ModelName | null;
  /** Of `model`. */
  version?: Version;
  actions?: readonly EventAction[];
  stage?: StageName;
  /** Only events with a lower sequence number. */
  before?: number;
  limit: number;
}

/**
 * All that is known about versions, stages and events. Every method is one atomic change or one consistent read and
 * carries its own precondition: no transaction crosses this interface. Writes are durable when they resolve, append
 * an event unless they change nothing, and wait for other writers up to the time the store was opened with,
 * then reject BUSY. What changes a version rejects NOT_FOUND if it is not there, or was deleted, by then. STORAGE: the medium; INTEGRITY:
 * what is stored cannot be right.
 */
export interface MetadataStore extends CollectionStore {
  registry(): Promise<RegistryInfo>;
  /** Those that are declared, in their order. */
  stages(): Promise<StageName[]>;
  /** Declares a stage behind `after`, else at the end. */
  addStage(input: Authorship & { stage: StageName; after?: StageName }): Promise<AddStageOutcome>;
  /** Withdraws a stage that no model holds; its moves stay, and come back with it. */
  removeStage(input: Authorship & { stage: StageName }): Promise<RemoveStageOutcome>;

  hasModel(name: ModelName): Promise<boolean>;
  /** By name, ascending; only names that begin with `prefix`. */
  models(query: {
    after?: ModelName;
    prefix?: string;
    limit: number;
    stage?: StageName;
  }): Promise<Page<ModelSummary, ModelName>>;

  version(name: ModelName, version: Version): Promise<VersionRecord | undefined>;
  /** Highest version that is neither yanked nor deleted; a release unless there are only prereleases. */
  latest(name: ModelName): Promise<VersionRecord | undefined>;
  /** By precedence, highest first, without deleted ones. `below` is a sort key, exclusive. */
  versions(query: {
    name: ModelName;
    below?: string;
    limit: number;
    yanked: boolean;
    /** Only those that have all of these tags now. */
    tags?: Record<string, string>;
  }): Promise<Page<VersionRecord, string>>;
  /** Distinct artifact digests that start with `prefix`, two at most, among versions that are not deleted. */
  digests(name: ModelName, prefix: string): Promise<Digest[]>;
  /** Highest version with that digest; unyanked ones first. */
  byDigest(name: ModelName, digest: Digest): Promise<VersionRecord | undefined>;
  /** Versions registered with `name@version` as a parent, oldest first, without deleted ones. */
  children(name: ModelName, version: Version): Promise<string[]>;
  register(input: NewVersion): Promise<RegisterOutcome>;
  /**
   * Stores versions of other registries under their own numbers, with the times and actors of their registration: all of them, or
   * none. Each leaves an `import` event that holds its history. Parents that are not here stay names.
   */
  importVersions(input: NewImport): Promise<ImportOutcome>;

  /** Every stage of the model that has ever been moved, in declared order. */
  pointers(name: ModelName): Promise<StagePointer[]>;
  pointer(name: ModelName, stage: StageName): Promise<StagePointer>;
  /** From the top entry down, at most `limit`; `from` is a sequence number to start at instead of the top. */
  stack(query: { name: ModelName; stage: StageName; from?: number; limit: number }): Promise<StackEntry[]>;
  move(input: Move): Promise<MoveOutcome>;
  /** `null` lifts the yank. `changed: false` where it is so already. */
  yank(
    input: Authorship & { name: ModelName; version: Version; reason: string | null },
  ): Promise<{ changed: boolean; event?: RegistryEvent; stages: StageName[] }>;

  /** Sets and removes tags. `tags` are those of the version now. */
  tag(
    input: Authorship & VersionKey & TagChange,
  ): Promise<{ changed: boolean; tags: Record<string, string> }>;
  /** Adds to what is said of a version; see `Amendment`. */
  amend(
    input: Authorship & VersionKey & { amendment: Amendment },
  ): Promise<{ changed: boolean; amended: Amendment | null }>;
  /** Marks a version as deleted; `message` is the reason. Its number is never used again. */
  delete(input: Authorship & VersionKey): Promise<DeleteOutcome>;

  /** Applies a policy in place of the one before; `stages` are those by which it was read. `changed: false` where it is the same. */
  applyPolicy(
    input: Authorship & { policy: object; stages: readonly StageName[] },
  ): Promise<{ changed: boolean; event: RegistryEvent }>;
  /** Records that the actor approves the version for the stage. `changed: false` where the actor has before. The version must exist. */
  approve(
    input: Authorship & VersionKey & { stage: StageName },
  ): Promise<{ changed: boolean; event: RegistryEvent }>;
  /** Records what changed nothing. */
  note(input: Note): Promise<RegistryEvent>;

  /** Newest first. */
  events(query: EventQuery): Promise<RegistryEvent[]>;
  /** Oldest first, in slices: for verifying the chain without holding it. `after` is a sequence number. */
  eventsAscending(query: { after: number; limit: number }): Promise<RegistryEvent[]>;
  /**
   * The last move of every (model, stage) at or before `at`, by name, and of one model by the order of the stages, removed
   * ones last. */
  movesAt(query: MovesAtQuery): Promise<RegistryEvent[]>;

  addBench(input: Authorship & { bench: BenchRecord; samples: Uint8Array }): Promise<void>;
  /** Newest first. */
  benches(name: ModelName, version: Version, limit: number): Promise<BenchRecord[]>;
  /**
   * Of all models, of one or of a version, newest first, without those of deleted versions. The key is the sequence number of the event
   * that recorded a bench.
   */
  benchPage(query: BenchQuery): Promise<Page<BenchRecord, number>>;
  /** Undefined for an id that is not there. A deleted version's benches are found, too. */
  bench(id: string): Promise<BenchRecord | undefined>;
  /** Ids of benches that start with `prefix`, in their order, `limit` at most. */
  benchIds(prefix: string, limit: number): Promise<string[]>;
  /** The samples that `addBench` was given with that id, byte for byte; undefined for an id that is not there. */
  benchSamples(id: string): Promise<Uint8Array | undefined>;

  /** Digests of every blob that some version needs, with what it is needed for, in slices ordered by digest. */
  neededBlobs(query: { after?: Digest; limit: number }): Promise<{ digest: Digest; size: number | null }[]>;
  /** Versions that need a blob, their golden sets included, oldest first. */
  versionsNeeding(digest: Digest, limit: number): Promise<VersionKey[]>;
  /**
   * Problems of the store itself: its own consistency check, rows against events. Empty when sound. With `only`, nothing
   * but that version's facts, tags, parents and yank against their events.
   */
  check(only?: { name: ModelName; version: Version }): Promise<{ problem: string; subject: string }[]>;

  /**
   * Writes all of it, as it is at one moment, into a new file, durably: the database of a home (registry/FORMAT.md). Others may write
   * meanwhile.
   */
  snapshot(path: string): Promise<void>;

  close(): Promise<void>;
}
