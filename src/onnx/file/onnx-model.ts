export type { OnnxModel } from '../../core/versions/onnx-model.ts';

/**
 * Bytes that can be read synchronously at any position, so that ONNX files are walked without
 * loading them.
 */
export interface ByteSource {
  readonly size: number;
  /**
   * Exactly `length` bytes from `position`; throws if the file is shorter. The next call may
   * overwrite the result.
   */
  read(position: number, length: number): Uint8Array;
}
