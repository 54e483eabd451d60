export type { OnnxModel } from '../../core/versions/onnx-model.ts';

/**
 * Bytes that can be read at any position, synchronously: ONNX files are walked without loading
 * them.
 */
export interface ByteSource {
  readonly size: number;
  /**
   * Exactly `length` bytes from `position`; throws if they are not there. The result may be reused
   * by the next call.
   */
  read(position: number, length: number): Uint8Array;
}
