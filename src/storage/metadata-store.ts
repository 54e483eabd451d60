import type { Amendment } from '../core/metadata/amendment.ts';
import type { Digest } from '../core/versions/digest.ts';
import type { RegistryEvent } from '../core/events/event.ts';
import type { ModelName } from '../core/versions/model-name.ts';
import type { StageName } from '../core/events/stage.ts';
import type { Version } from '../core/versions/version.ts';
import type {
  BenchRecord,
  StackEntry,
  StagePointer,
  VersionRecord,
} from '../core/versions/version-record.ts';
import type { HeadState } from './head.ts';
import type { CollectionStore } from './collection-store.ts';
import type {
  Authorship,
  RegistryInfo,
  Page,
  ModelSummary,
  NewVersion,
  RegisterOutcome,
  NewImport,
  ImportOutcome,
  Move,
  Note,
  MoveOutcome,
  VersionKey,
  TagChange,
  AmendOutcome,
  DeleteOutcome,
  AddStageOutcome,
  RemoveStageOutcome,
  MovesAtQuery,
  BenchQuery,
  EventQuery,
  EventTime,
} from './metadata-changes.ts';

export type * from './metadata-changes.ts';

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
  /** Versions registered with `name@version` as a parent, oldest first; deleted ones only if asked for. */
  children(name: ModelName, version: Version, including?: { deleted: boolean }): Promise<string[]>;
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
  /** Adds to what is said of a version; see `Amendment`. Metrics that were given at registration are replaced only with `force`. */
  amend(input: Authorship & VersionKey & { amendment: Amendment; force?: boolean }): Promise<AmendOutcome>;
  /** Marks a version as deleted; `message` is the reason. Its number is never used again. */
  delete(input: Authorship & VersionKey): Promise<DeleteOutcome>;

  /** Applies a policy in place of the one before; `stages` are those by which it was read. `changed: false` where it is the same. */
  applyPolicy(
    input: Authorship & { policy: object; stages: readonly StageName[] },
  ): Promise<{ changed: boolean; event: RegistryEvent }>;
  /**
   * Records that the actor approves the version for the stage. `changed: false` where the actor has before, and no metric was changed since.
   * The version must exist.
   */
  approve(
    input: Authorship & VersionKey & { stage: StageName },
  ): Promise<{ changed: boolean; event: RegistryEvent }>;
  /** Records what changed nothing. */
  note(input: Note): Promise<RegistryEvent>;

  /** The end of the chain, and whether it is the one that was written last. Every change rejects INTEGRITY while `lost`. */
  head(): Promise<HeadState>;
  /** Goes on with the chain that is here, where it is not the one that was written last, and records that. */
  acceptHistory(input: Authorship): Promise<{ changed: boolean; event?: RegistryEvent }>;

  /** Newest first. */
  events(query: EventQuery): Promise<RegistryEvent[]>;
  /** Oldest first, in slices: for verifying the chain without holding it. `after` is a sequence number. */
  eventsAscending(query: { after: number; limit: number }): Promise<RegistryEvent[]>;
  /** When it happened, judged at `now`, epoch milliseconds. */
  timeOf(query: { event: Pick<RegistryEvent, 'seq' | 'at' | 'clock'>; now: number }): Promise<EventTime>;
  /** Records that the clock is right again: times in the chain follow it from here on. `wrong`: how many events have a wrong one. */
  fixClock(input: Authorship & { wrong: number }): Promise<RegistryEvent>;
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
