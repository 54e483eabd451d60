import type { FedTensor } from '../../runtime/child/repeated-model.ts';
import type { ByteWriter, SessionRequest } from '../../runtime/session/session-kind.ts';
import type { EnginePlan, PlannedOutput } from './plan.ts';

/** A request as tensors, whatever it came as. */
export interface Asked {
  /** In the order of the plan's inputs, all of them. */
  inputs: FedTensor[];
  /** Positions of the wanted outputs among `ServedModel.outputs`, in the order of the answer. */
  wanted: readonly number[];
  /** What the codec itself needs for the answer. */
  note: unknown;
}

/** A tensor of an answer. */
export interface Given {
  type: FedTensor['type'];
  dims: readonly number[];
  data: FedTensor['data'];
}

/** The model that a codec reads and writes for. */
export interface ServedModel {
  plan: EnginePlan;
  /** As they turned out to be. */
  outputs: readonly PlannedOutput[];
  /** Positions of all outputs. */
  all: readonly number[];
}

/**
 * How bytes become tensors, and tensors bytes: one protocol or format. It runs where the model runs.
 */
export interface Codec {
  /** Throws a `Refusal` for a bad request. The tensors may be views of the body. */
  decode(request: Pick<SessionRequest, 'body' | 'head'>, model: ServedModel): Asked;
  /** Appends the body of the answer, and returns its `head`. `outputs`: as `wanted`. */
  encode(outputs: readonly Given[], asked: Asked, model: ServedModel, out: ByteWriter): number;
}
