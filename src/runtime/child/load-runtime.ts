export type Runtime = typeof import('onnxruntime-node');

/**
 * Loads ONNX Runtime for this thread. Rejects if it is not installed or does not load. If the class
 * Float16Array exists, onnxruntime-common uses it for float16 tensors, which onnxruntime-node 1.30
 * then takes for empty (microsoft/onnxruntime pull request 32323). Without it both use Uint16Array,
 * as on Node 22.
 */
export async function loadRuntime(): Promise<Runtime> {
  Reflect.deleteProperty(globalThis, 'Float16Array');
  return import('onnxruntime-node');
}

/** The version of the native library, such as `1.30.0`. */
export function versionOf({ env: { versions } }: Runtime): string {
  return versions.node ?? versions.common;
}
