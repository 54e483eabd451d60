import { chainCodec } from './chain-codec.ts';
import type { Codec } from './codec.ts';
import { grpcCodec } from './grpc-codec.ts';
import { mlflowCodec } from './mlflow-codec.ts';
import { oipCodec } from './oip-codec.ts';
import { predictCodec } from './predict-codec.ts';
import { tensorsCodec } from './tensors-codec.ts';

/**
 * The codecs by their numbers in frames, which only this program reads: a number may change. 0 is
 * the control request. A new codec is a file, a number and a line here.
 */
export const codecIds = { oip: 1, tensors: 2, predict: 3, grpc: 4, mlflow: 5, chain: 6 } as const;

export const codecs: readonly (Codec | undefined)[] = [
  undefined,
  oipCodec,
  tensorsCodec,
  predictCodec,
  grpcCodec,
  mlflowCodec,
  chainCodec(() => codecs),
];
