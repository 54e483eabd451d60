import type { Signature } from '../../core/versions/signature.ts';
import type { FeedDtype } from '../../onnx/feeds/feed-dtypes.ts';
import type { GoldenFiles } from '../../runtime/child/golden-cases.ts';
import type { SessionChoices } from '../../runtime/child/session.ts';
import type { FeedPlan } from '../../onnx/feeds/synthesize.ts';

/** A size that the model fixes, or null for one that it leaves open. */
export type Size = number | null;

/** One input or output as clients see it. `shape` is null if the model does not say its rank. */
export interface PlannedValue {
  name: string;
  /** Null: the model does not declare it. */
  dtype: FeedDtype | null;
  shape: Size[] | null;
}

export interface PlannedOutput extends PlannedValue {
  /** The tensor of the model that holds it: another one behind a ZipMap. */
  tensor: string;
  /** The class of each value of a row, if the model names them. */
  classes?: readonly string[];
}

/** Everything the engine must know of a version. JSON, except for the files of golden sets. */
export interface EnginePlan {
  name: string;
  version: string;
  modelFile: string;
  session: SessionChoices;
  /** Of the model, with the names of its sizes. */
  signature: Signature;
  /** What a client must send, in the order of the model. */
  inputs: PlannedValue[];
  /** What a client can get. */
  outputs: PlannedOutput[];
  /** Inputs with a default and outputs of types that cannot be fetched: why, by name. */
  unusable: Record<string, string>;
  /** The most rows in a batch; 1 or less: never join requests. */
  maxBatch: number;
  golden: EngineGolden | null;
  /** Made-up inputs for warm-up, one row and two; null: none can be made. */
  warmup: [one: FeedPlan[], two: FeedPlan[]] | null;
}

/** Golden sets to pass before the first request. Maps do not survive JSON: lists of pairs. */
export interface EngineGolden extends Omit<GoldenFiles, 'sets'> {
  sets: { files: [path: string, location: string][]; cases: number; set?: string }[];
}

/** What is known of a model once it is loaded. */
export interface EngineFacts {
  /** As planned, with the types and ranks that a run showed where the model declares none. */
  outputs: PlannedOutput[];
  /** Whether requests are joined into batches; if not, why. */
  batches: { joined: true } | { joined: false; why: string };
  /** Cases of golden sets that were run; null: there is no golden set. */
  goldenCases: number | null;
}
