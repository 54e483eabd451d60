import { closeSync, openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { ModelComparison } from '../../core/versions/next-version.ts';
import type { ExternalLocation } from '../file/external-data.ts';
import { withOpenFile, ByteWindow, malformed } from '../file/bytes.ts';
import { labelHashes } from './label-hashes.ts';
import { type ModelBytes, weightHashes } from './weight-hashes.ts';

/** Location of an ONNX file, and of its external files by their location in the model. */
export interface ModelFiles {
  path: string;
  external: ReadonlyMap<string, string>;
}

const pieceBytes = 1024 * 1024;
/** After this time other work gets its turn, and an interruption is noticed. */
const longestTurnMs = 50;

/**
 * Whether two models with the same graph have the same weights, read only up to the first
 * difference; and if they do, what else differs in the files.
 */
export async function compareModels(
  before: ModelFiles,
  after: ModelFiles,
  signal?: AbortSignal,
): Promise<Pick<ModelComparison, 'weights' | 'changed'>> {
  return withOpenFile(before.path, (one) =>
    withOpenFile(after.path, async (other) => {
      const windows = [new ByteWindow(one), new ByteWindow(other)] as const;
      const same = await sameWeights(bytesOf(before, windows[0]), bytesOf(after, windows[1]), signal);
      return same
        ? { weights: 'same', changed: changedLabels(windows[0], windows[1]) }
        : { weights: 'other', changed: [] };
    }),
  );
}

async function sameWeights(
  one: ModelBytes,
  other: ModelBytes,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const others = weightHashes(other);
  let turn = performance.now();
  for (const hash of weightHashes(one)) {
    if (others.next().value !== hash) return false;
    if (performance.now() - turn < longestTurnMs) continue;
    await setImmediate();
    signal?.throwIfAborted();
    turn = performance.now();
  }
  return others.next().done === true;
}

function changedLabels(before: ByteWindow, after: ByteWindow): string[] {
  const [one, other] = [labelHashes(before), labelHashes(after)];
  return [...new Set([...one.keys(), ...other.keys()])].filter((name) => one.get(name) !== other.get(name));
}

function bytesOf({ external }: ModelFiles, window: ByteWindow): ModelBytes {
  return { window, external: (location) => piecesOf(external.get(location.location), location) };
}

function* piecesOf(
  path: string | undefined,
  { location, offset, length }: ExternalLocation,
): Generator<Uint8Array> {
  if (path === undefined) throw malformed(`its data file ${location} is missing`);
  const descriptor = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(pieceBytes);
    for (let done = 0; ;) {
      const wanted = Math.min(pieceBytes, (length ?? Infinity) - done);
      const count = wanted > 0 ? readSync(descriptor, buffer, 0, wanted, offset + done) : 0;
      if (count === 0) return;
      done += count;
      yield buffer.subarray(0, count);
    }
  } finally {
    closeSync(descriptor);
  }
}
