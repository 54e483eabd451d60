import { totalmem } from 'node:os';

/**
 * What a child may take, in bytes: 1 GiB for Node, ONNX Runtime and activations, and four times what is loaded: the model, its
 * initializers, their packed copies and as much again while a session is optimised. Never more than 90% of what the machine
 * or, where it is known, the cgroup has.
 */
export function defaultMemoryLimit(loadedBytes: number, cgroupBytes: number | null): number {
  const there = Math.min(totalmem(), cgroupBytes ?? Number.POSITIVE_INFINITY);
  return Math.floor(Math.min(0.9 * there, 2 ** 30 + 4 * loadedBytes));
}
