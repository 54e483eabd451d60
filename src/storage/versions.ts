import type { RegistryEvent } from '../core/events/event.ts';
import type { StageName, ModelName } from '../core/versions/reference.ts';
import type { Amendment } from '../core/versions/amendments.ts';
import type { Digest } from '../core/versions/artifact.ts';
import type { GoldenSet } from '../core/versions/golden-sets.ts';
import type { ModelFacts } from '../core/versions/model-facts.ts';
import type { ModelComparison } from '../core/versions/next-version.ts';
import type { KeptFact } from '../core/versions/merge-history.ts';
import type { BumpLevel, Version } from '../core/versions/version.ts';
import type { Artifact, VersionFacts, VersionRecord } from '../core/versions/version-record.ts';
import type { Authorship } from './events.ts';
import type { ModelPattern } from '../core/versions/model-pattern.ts';
import type { Page } from './page.ts';

/**
 * Models and their versions. Every change of a version rejects NOT_FOUND if the version does not
 * exist or has been deleted.
 */
export interface VersionStore {
  hasModel(name: ModelName): Promise<boolean>;
  /** By name, ascending; only names that start with `prefix`, and those that match `pattern`. */
  models(query: {
    after?: ModelName;
    prefix?: string;
    pattern?: ModelPattern;
    limit: number;
    stage?: StageName;
  }): Promise<Page<ModelSummary, ModelName>>;
  /** What `describeModel` said last; of an unknown or deleted model nothing. */
  modelFacts(name: ModelName): Promise<ModelFacts>;
  /**
   * Sets the given facts of a model; an empty text removes one. Rejects NOT_FOUND if it has no
   * versions.
   */
  describeModel(
    input: Authorship & { name: ModelName; facts: Partial<ModelFacts> },
  ): Promise<DescribeModelOutcome>;
  /**
   * Marks all versions of a model as deleted, or none, and forgets what was said about the model.
   * Its numbers are never used again.
   */
  deleteModel(input: Authorship & { name: ModelName }): Promise<DeleteModelOutcome>;

  version(name: ModelName, version: Version): Promise<VersionRecord | undefined>;
  /**
   * The highest version that is neither yanked nor deleted; a prerelease only if there are no
   * releases.
   */
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
  /**
   * How many yanked versions are below `below` and above `above`, both sort keys, without deleted
   * ones; counted up to `most`.
   */
  countYanked(query: { name: ModelName; below?: string; above?: string; most: number }): Promise<number>;
  /** Distinct artifact digests that start with `prefix`, at most two, without deleted versions. */
  digests(name: ModelName, prefix: string): Promise<Digest[]>;
  /** Highest version with that digest; unyanked ones first. */
  byDigest(name: ModelName, digest: Digest): Promise<VersionRecord | undefined>;
  /**
   * Versions registered with `name@version` as a parent, oldest first; deleted ones only on
   * request.
   */
  children(name: ModelName, version: Version, including?: { deleted: boolean }): Promise<string[]>;

  register(input: NewVersion): Promise<RegisterOutcome>;
  /**
   * Stores versions of other registries under their own numbers, with the times and actors of their
   * registration: all of them, or none. Each leaves an `import` event that holds its history. For a
   * version that exists, events that are new leave an `import-events` event; a fact that was
   * changed here since stays. Parents that do not exist here are kept as names.
   */
  importVersions(input: NewImport): Promise<ImportOutcome>;

  /** `null` lifts the yank. `changed: false` if nothing would change. */
  yank(
    input: Authorship & VersionKey & { reason: string | null },
  ): Promise<{ changed: boolean; event?: RegistryEvent; stages: StageName[] }>;
  /** Sets and removes tags. `tags` in the outcome are the version's tags after the change. */
  tag(
    input: Authorship & VersionKey & TagChange,
  ): Promise<{ changed: boolean; tags: Record<string, string> }>;
  /** See `Amendment`. Metrics that were given at registration are replaced only with `force`. */
  amend(input: Authorship & VersionKey & { amendment: Amendment; force?: boolean }): Promise<AmendOutcome>;
  /**
   * Adds a golden set to a version, beside those that it has. Its blobs must be durable. Marks it
   * as `self` if the expected outputs are the version's own.
   */
  addGolden(input: NewGolden): Promise<AddGoldenOutcome>;
  /** Marks a version as deleted; `message` is the reason. Its number is never used again. */
  delete(input: Authorship & VersionKey): Promise<DeleteOutcome>;
}

export interface VersionKey {
  name: ModelName;
  version: Version;
}

export interface ModelSummary extends ModelFacts {
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
   * `CollectionStore.collections`, read before the blobs were published. A collection that ran
   * since may have removed a blob that already existed. Then nothing is changed, the outcome is
   * `collected`, and the caller publishes again.
   */
  ifCollections: number;
  /** The comparison of bytes that an earlier `look` outcome asked for. */
  compared?: ModelComparison;
}

export type RegisterOutcome =
  | { outcome: 'created'; version: VersionRecord; event: RegistryEvent }
  /** The same identity was registered before. */
  | { outcome: 'exists'; version: VersionRecord }
  /** The requested number belongs to something else, or was used before. */
  | { outcome: 'taken'; by: VersionRecord }
  /**
   * The number, or its reason, needs a comparison of the model's bytes with those of this version.
   * Nothing was changed.
   */
  | { outcome: 'look'; at: VersionRecord }
  | { outcome: 'collected' };

/** A version as another registry recorded it. */
export interface ForeignVersion {
  facts: VersionFacts;
  /** The id of the registry that exported it. */
  registry: string;
  /**
   * Its events there, oldest first, beginning with its registration or import. Its tags, yank,
   * amendments and added golden sets follow from them.
   */
  history: RegistryEvent[];
  /** The listings of the golden sets that the history adds, in its order. */
  addedGolden: readonly Artifact[];
}

export interface NewImport extends Authorship {
  /**
   * No two have the same name and the same place in the order of versions; parents come before
   * their children.
   */
  versions: readonly ForeignVersion[];
  /** As `NewVersion.ifCollections`. */
  ifCollections: number;
}

export type ImportOutcome =
  /**
   * In the order of the input. The event is `import`, or `import-events` for a version that
   * existed: the same identity already had that number. Without an event nothing was changed.
   */
  | {
      outcome: 'imported';
      versions: { version: VersionRecord; event?: RegistryEvent; kept: KeptFact[] }[];
    }
  /** A number belongs to something else, or was used before. Nothing was changed. */
  | { outcome: 'taken'; number: Version; by: VersionRecord }
  /** A version that existed would get more golden sets than it can have. Nothing was changed. */
  | { outcome: 'full'; version: VersionRecord }
  | { outcome: 'collected' };

export interface TagChange {
  set: Record<string, string>;
  remove: readonly string[];
}

export type AmendOutcome =
  | { outcome: 'amended' | 'unchanged'; amended: Amendment | null }
  /** These metrics were given at registration, with other values. Nothing was changed. */
  | { outcome: 'registered'; metrics: { metric: string; value: number; asked: number }[] };

export interface NewGolden extends Authorship, VersionKey {
  artifact: Artifact;
  self: boolean;
  /** How many cases it has, for the event. */
  cases: number;
  /** As `NewVersion.ifCollections`. */
  ifCollections: number;
}

export type AddGoldenOutcome =
  | { outcome: 'added'; version: VersionRecord; event: RegistryEvent }
  /** The version has this set: nothing was changed, its mark `self` neither. */
  | { outcome: 'exists'; version: VersionRecord; set: GoldenSet }
  /** It has as many sets as it can have. Nothing was changed. */
  | { outcome: 'full' }
  | { outcome: 'collected' };

export type DeleteOutcome =
  | { outcome: 'deleted'; event: RegistryEvent }
  /** It was deleted before, or never existed. */
  | { outcome: 'gone' }
  /** Stages point at it. Nothing was changed. */
  | { outcome: 'held'; stages: StageName[] };

/** `facts` are those after the change. */
export interface DescribeModelOutcome {
  changed: boolean;
  facts: ModelFacts;
}

export type DeleteModelOutcome =
  | { outcome: 'deleted'; versions: { version: Version; digest: Digest }[]; event: RegistryEvent }
  /** It has no versions, or never existed. */
  | { outcome: 'gone' }
  /** Stages point at its versions. Nothing was changed. */
  | { outcome: 'held'; holders: { stage: StageName; version: Version }[] };
