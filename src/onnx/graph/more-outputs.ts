import { lengthDelimited } from '../tensors/write-tensor.ts';
import { nameBytes } from '../file/bytes.ts';

/**
 * What makes tensors of a graph outputs of its model when it is appended to the file: a second
 * `graph` (field 7 of ModelProto) that has only outputs (field 12), each with only its name. A
 * parser of protobuf merges the two, and ONNX Runtime finds the types itself. `names` must be
 * values that nodes of the main graph produce, and no outputs yet.
 *
 * Format: https://protobuf.dev/programming-guides/encoding/#last-one-wins.
 */
export function moreOutputs(names: readonly string[]): Uint8Array {
  const outputs = names.flatMap((name) =>
    lengthDelimited(12, Buffer.concat(lengthDelimited(1, nameBytes(name)))),
  );
  return Buffer.concat(lengthDelimited(7, Buffer.concat(outputs)));
}
