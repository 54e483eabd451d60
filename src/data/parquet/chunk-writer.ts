import { write } from 'node:fs';
import { promisify } from 'node:util';
import { unwritable } from '../byte-sink.ts';
import type { AddedChunk, AddedColumn } from './footer.ts';
import type { FieldValues, OutputField } from './output-fields.ts';
import { codecs, pageBuilder, pageBytes, pageRows, writePage } from './plain-pages.ts';

/** Writes the values of new columns behind the rows of a file, row group after row group. */
export interface ChunkWriter {
  columns: readonly AddedColumn[];
  /** Takes the values of all columns for the next `count` rows. */
  add(values: readonly FieldValues[], count: number): Promise<void>;
  /** The chunks of each row group, all of whose rows were added, and where the file ends. */
  end(): { chunks: AddedChunk[][]; at: number };
}

/**
 * Compressed chunks are as long as their values make them, so those of a row group are kept until it
 * is complete. In larger groups, numbers are not compressed, and go to their place at once.
 */
const mostRowsToCompress = 2 ** 20;
const writeSome = promisify(write);

/**
 * `groups`: the rows of each row group. `at`: where to begin. Floats are not compressed: what a model
 * computes has nothing to gain. Rejects STORAGE if the file cannot be written, which `what` names.
 */
export function chunkWriter(
  fields: readonly OutputField[],
  groups: readonly number[],
  descriptor: number,
  at: number,
  what: string,
): ChunkWriter {
  const builders = fields.map((field) => ({
    ...pageBuilder(field),
    isFloat: field.dtype.startsWith('float'),
  }));
  const chunks: AddedChunk[][] = [];
  let end = at;
  let group: OpenChunk[] = [];
  let groupRows = 0;
  /** Rows of the group before this page, and in it. */
  let [before, filled] = [0, 0];

  /** Gives each chunk whose length is known its place. */
  function begin(rows: number): void {
    groupRows = rows;
    before = 0;
    group = builders.map((builder) => {
      const isKept = !builder.isFloat && (builder.bytesOf(1) === null || rows <= mostRowsToCompress);
      const chunk: AddedChunk = {
        at: end,
        codec: codecs.none,
        values: rows,
        compressedBytes: 0,
        plainBytes: 0,
      };
      if (isKept) return { chunk: { ...chunk, codec: codecs.zstd }, kept: [] };
      for (let from = 0; from < rows; from += pageRows) {
        const some = Math.min(pageRows, rows - from);
        end += pageBytes(builder.bytesOf(some) ?? 0, some);
      }
      return { chunk, kept: null };
    });
  }

  async function flush(): Promise<void> {
    for (const [index, { chunk, kept }] of group.entries()) {
      const { page, plainBytes } = writePage(builders[index]!.encode(filled), filled, chunk.codec);
      if (kept === null) await writeAt(descriptor, page, chunk.at + chunk.compressedBytes, what);
      else kept.push(page);
      chunk.compressedBytes += page.length;
      chunk.plainBytes += plainBytes;
    }
    before += filled;
    filled = 0;
    if (before < groupRows) return;
    for (const { chunk, kept } of group) {
      if (kept === null) continue;
      chunk.at = end;
      await writeAt(descriptor, Buffer.concat(kept), end, what);
      end += chunk.compressedBytes;
    }
    chunks.push(group.map(({ chunk }) => chunk));
    groupRows = 0;
  }

  return {
    columns: builders.map(({ column }) => column),
    async add(values, count) {
      for (let from = 0; from < count;) {
        if (groupRows === 0) begin(groups[chunks.length] ?? 0);
        const some = Math.min(count - from, pageRows - filled, groupRows - before - filled);
        if (some <= 0) throw new Error('more rows than the row groups have');
        builders.forEach((builder, index) => builder.put(values[index] as FieldValues, from, some, filled));
        filled += some;
        from += some;
        if (filled === pageRows || before + filled === groupRows) await flush();
      }
    },
    end() {
      if (chunks.length !== groups.length) throw new Error('fewer rows than the row groups have');
      return { chunks, at: end };
    },
  };
}

interface OpenChunk {
  chunk: AddedChunk;
  /** Its pages, if their place is not known yet. */
  kept: Buffer[] | null;
}

/** Writes bytes to their place in an open file. */
export async function writeAt(
  descriptor: number,
  bytes: Uint8Array,
  at: number,
  what: string,
): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await writeSome(descriptor, bytes, done, bytes.length - done, at + done).catch(
      (cause: unknown) => {
        throw unwritable(what, (cause as NodeJS.ErrnoException).code ?? '', cause);
      },
    );
    done += bytesWritten;
  }
}
