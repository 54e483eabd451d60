import type { Outputs } from './run-session.ts';

/** Smaller outputs (total bytes) are left to the garbage collector. */
const leastBytes = 2 ** 20;

/**
 * Returns the memory of large outputs to ONNX Runtime at once; they must not be used afterwards. V8
 * would keep the outputs of several runs, because the objects it sees are small: 64 MB of output
 * took 470 MB. Undefined if there is nothing to wait for; otherwise resolves when the memory is
 * free, so that freeing is not part of the next run.
 */
export function releaseOutputs(outputs: Outputs): Promise<void> | undefined {
  const buffers = Object.values(outputs).flatMap(({ data }) => {
    return ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer ? [data.buffer] : [];
  });
  const bytes = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (bytes < leastBytes) return undefined;
  for (const buffer of buffers) if (!buffer.detached) buffer.transfer(0);
  // Node calls the owner's finalizer in the next turn of the event loop.
  return new Promise((resolve) => setImmediate(resolve));
}
