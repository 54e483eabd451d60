import type { Selector } from '../core/versions/reference.ts';
import type { ImagePlan } from '../images/image-plan.ts';
import type { ImageTensor } from '../images/read-images.ts';
import type { EngineFacts, EnginePlan } from './engine/plan.ts';
import type { ModelRequest } from '../runtime/session/supervise.ts';
import type { CachedReply } from './cache/cached-infer.ts';
import type { Example } from './slots/example.ts';

/** An answer of a version, or of a chain of versions. */
export interface Reply extends CachedReply {
  /** Of a chain: what each part did that was asked. */
  parts?: readonly PartReply[];
}

export interface PartReply {
  served: ServedVersion;
  reply: CachedReply;
}

/** How a version takes images. */
export interface VersionImages {
  plan: ImagePlan;
  /** Rejects a `Refusal` for an image that cannot be read. */
  read: (bytes: Uint8Array, isGone: () => boolean) => Promise<ImageTensor>;
}

/** A version that answers requests, in a child process or in this one. */
export interface ServedVersion {
  /** `digits@1.4.0` */
  ref: string;
  name: string;
  version: string;
  /** Of its manifest. */
  digest: string;
  /** As clients see it: see `EnginePlan`. */
  inputs: EnginePlan['inputs'];
  outputs: EngineFacts['outputs'];
  signature: EnginePlan['signature'];
  unusable: EnginePlan['unusable'];
  facts: EngineFacts;
  /** How it takes images, or why it takes none, with the status that says whose fault that is. */
  images: VersionImages | { status: 415 | 501; why: string };
  /** A request that it answers, for documentation. Undefined: its golden sets have none. Never rejects. */
  example: () => Promise<Example | undefined>;
  /** The version of ONNX Runtime. */
  onnxruntime: string;
  /** Milliseconds from the start of loading until it could answer, golden set and warm-up included. */
  loadMs: number;
  /** Never rejects: what goes wrong is a reply with its status. */
  infer: (request: ModelRequest) => Promise<Reply>;
  /** Requests that wait or run. */
  pending: () => number;
  /** The process that runs the model; undefined: none at the moment. */
  pid: () => number | undefined;
  /** Resident bytes of that process; null: unknown, or it is this one. */
  rssBytes: () => number | null;
  /** Processes of this version that ended without being told to. */
  deaths: () => number;
  /** Processes of this version that were replaced by new ones. */
  recycled: () => number;
  /** Why its requests are refused at the moment; null: they are not. */
  broken: () => string | null;
  /** Answers what is pending, and gives everything back. */
  close: () => Promise<void>;
}

/**
 * One name under which a version is served: a model and what chose the version. Whoever infers asks
 * `current` for each request.
 */
export interface Slot {
  /** The model. */
  name: string;
  selector: Selector;
  /** The stage that it names; null: it names something else. */
  stage: string | null;
  /** Undefined: the stage is empty, or its first version is not loaded yet. */
  current: () => ServedVersion | undefined;
  /** Directs new requests to `next`, which has to be loaded and warm. */
  point: (next: ServedVersion | undefined) => void;
}
