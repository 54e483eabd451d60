import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { MlregError } from '../../core/errors.ts';

/** Values of the columns of a table that is read once, row by row, and needed column by column. */
export interface ColumnStore {
  /** Keeps the first `count` values of all columns' buffers, which can then be filled again. */
  add(buffers: readonly Float64Array[], count: number): void;
  load(column: number, into: Float64Array): void;
  close(): void;
}

/** Bytes of values that stay in memory; what is more goes into a file. */
const mostHeldBytes = 2 ** 25;

type Part = Float64Array | { at: number; count: number };

/** `folder`: where a file may be made. It can be removed while the store is open. */
export function columnStore(columns: number, folder: string, name: string): ColumnStore {
  const parts: Part[][] = Array.from({ length: columns }, () => []);
  let held = 0;
  let file: number | undefined;
  let end = 0;
  function spill(values: Float64Array): Part {
    try {
      file ??= openSync(join(folder, name), 'wx+', 0o600);
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      for (let done = 0; done < bytes.length;)
        done += writeSync(file, bytes, done, bytes.length - done, end + done);
    } catch (cause) {
      throw new MlregError('STORAGE', `cannot keep columns in ${folder}: ${(cause as Error).message}`, {
        hint: 'make room there, or set TMPDIR to a folder that has it',
        cause,
      });
    }
    const part = { at: end, count: values.length };
    end += values.byteLength;
    return part;
  }
  return {
    add(buffers, count) {
      for (const [column, buffer] of buffers.entries()) {
        const values = buffer.subarray(0, count);
        const isHeld = held + values.byteLength <= mostHeldBytes;
        if (isHeld) held += values.byteLength;
        parts[column]?.push(isHeld ? values.slice() : spill(values));
      }
    },
    load(column, into) {
      let at = 0;
      for (const part of parts[column] ?? []) {
        if (part instanceof Float64Array) {
          into.set(part, at);
          at += part.length;
          continue;
        }
        const bytes = new Uint8Array(into.buffer, into.byteOffset + at * 8, part.count * 8);
        for (let done = 0; done < bytes.length;) {
          const count = readSync(file ?? -1, bytes, done, bytes.length - done, part.at + done);
          if (count === 0) throw cutShort(folder);
          done += count;
        }
        at += part.count;
      }
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

function cutShort(folder: string): MlregError {
  return new MlregError('STORAGE', `the file of columns in ${folder} was cut short by another program`, {
    hint: 'run the command again',
  });
}
