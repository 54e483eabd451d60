import type { Amendment } from '../core/metadata/amendment.ts';
import type { EventAction, RegistryEvent } from '../core/events/event.ts';
import type { GateResult } from '../core/events/gate-result.ts';
import type { ModelName } from '../core/versions/model-name.ts';
import type { ModelComparison } from '../core/versions/next-version.ts';
import type { StageName } from '../core/events/stage.ts';
import type { BumpLevel, Version } from '../core/versions/version.ts';
import type { VersionFacts, VersionRecord } from '../core/versions/version-record.ts';

// What methods of the metadata store take and answer; the methods, with their contracts, are in metadata-store.ts.

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
  /** What a comparison of bytes found that an earlier answer `look` asked for. */
  compared?: ModelComparison;
}

export type RegisterOutcome =
  | { outcome: 'created'; version: VersionRecord; event: RegistryEvent }
  /** The same identity was registered before. */
  | { outcome: 'exists'; version: VersionRecord }
  /** The number asked for belongs to something else, or was used before. */
  | { outcome: 'taken'; by: VersionRecord }
  /** The number, or its reason, needs a comparison of the model's bytes with those of this version. Nothing was changed. */
  | { outcome: 'look'; at: VersionRecord }
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
    /** Versions of the model whose facts were used, each with the sequence number of its last event among `judgedActions`. */
    versions: { version: Version; event: number }[];
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

export type AmendOutcome =
  | { outcome: 'amended' | 'unchanged'; amended: Amendment | null }
  /** These metrics were given at registration, and have another value now than what was asked for. Nothing was changed. */
  | { outcome: 'registered'; metrics: { metric: string; value: number; asked: number }[] };

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
  /** Clocks that are later are not trusted, epoch milliseconds. Default: the times of the chain are taken as they are. */
  now?: number;
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

/** When an event happened, as far as clocks can be trusted: registry/FORMAT.md says how that is told. */
export interface EventTime {
  /** Epoch milliseconds. Where it is not trusted, a time by which it has happened: that of the next correction, or now. */
  at: number;
  trusted: boolean;
}
