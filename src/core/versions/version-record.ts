import type { Amendment } from './amendments.ts';
import type { Digest } from './artifact.ts';
import type { Metadata } from '../metadata/metadata.ts';
import type { ModelName, StageName } from './reference.ts';
import type { OnnxModel } from './onnx-model.ts';
import type { Source } from './source.ts';
import type { BumpLevel, Version } from './version.ts';

/** One file of an artifact; `path` is relative and `/`-separated, `size` in bytes. */
export interface ArtifactFile {
  path: string;
  digest: Digest;
  size: number;
}

/** The bytes of a version. `digest` is that of the manifest. */
export interface Artifact {
  digest: Digest;
  configDigest: Digest;
  /** Sum over the files, in bytes. */
  size: number;
  files: ArtifactFile[];
}

export type BumpKind = 'initial' | BumpLevel | 'explicit';

/** The facts of a version that never change after its registration. */
export interface VersionFacts {
  name: ModelName;
  version: Version;
  artifact: Artifact;
  /** Kind of artifact: `onnx`, `pickle`, `safetensors`, `folder` … */
  format: string;
  /** Path of the ONNX file within the artifact; null if there is none. */
  entry: string | null;
  onnx: OnnxModel | null;
  /**
   * Paths of the artifact's executable files, sorted; null if there are none, or the version was
   * registered before this was recorded. Not part of digest or identity.
   */
  executable: string[] | null;
  /**
   * The golden set: inputs with the expected outputs, stored as a separate artifact; null if none
   * was given.
   */
  golden: Artifact | null;
  /** As given at registration. */
  metadata: Metadata;
  /**
   * SHA-256 of name, artifact, entry, golden set and metadata as given: registering the same things
   * again finds this version.
   */
  identity: string;
  source: Source | null;
  parents: string[];
  bump: BumpKind;
  bumpReason: string;
  previous: Version | null;
  /** Epoch milliseconds. */
  createdAt: number;
  actor: string;
}

/** A golden set that a version got after its registration. */
export interface AddedGolden {
  artifact: Artifact;
  /** Whether the expected outputs are the version's own, so that they prove nothing about it. */
  self: boolean;
  /** Epoch milliseconds. */
  at: number;
  actor: string;
}

export interface VersionRecord extends VersionFacts {
  /** The current tags; `metadata.tags` are those of the registration. */
  tags: Record<string, string>;
  /** In the order in which they were added; `golden` is the set of the registration. */
  addedGolden: AddedGolden[];
  /** What was changed about the version after its registration. */
  amended: Amendment | null;
  yanked: { at: number; actor: string; reason: string } | null;
  /**
   * When and by whom it was imported, and the id of the exporting registry; null if it was
   * registered here.
   */
  imported: { at: number; actor: string; registry: string } | null;
  deletedAt: number | null;
}

/** Where a stage of a model points. */
export interface StagePointer {
  model: ModelName;
  stage: StageName;
  /** Null if the stage was left empty. */
  version: Version | null;
  /** How many times the pointer has moved; 0 if never. */
  generation: number;
  /** Sequence number of the move whose entry is on top of the stack; null for an empty stack. */
  top: number | null;
  /** When the last move was made, epoch milliseconds. */
  since: number;
}

/** One entry of a stage's stack: what a promotion or demotion pushed. */
export interface StackEntry {
  seq: number;
  version: Version | null;
  /** The entry below; null at the bottom. */
  below: number | null;
  yanked: boolean;
  deleted: boolean;
}
