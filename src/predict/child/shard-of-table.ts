import type { Block, BlockReader, CutRecords } from '../../data/read-blocks.ts';
import type { OpenTable } from './open-table.ts';

/** One of `of` parts of a file of `size` bytes, counted from 1. */
export interface ShardRange {
  index: number;
  of: number;
  size: number;
}

const lineFeed = 10;

/**
 * The records of a part: those that begin in its share of the bytes behind the header. The file is
 * read from its start, because only the start tells which newlines are in quotes, and physical lines
 * are counted; and to its end, because its digest is that of the whole.
 */
export async function shardOfTable(
  open: OpenTable,
  { index, of, size }: ShardRange,
  cut: CutRecords,
): Promise<OpenTable> {
  const { first, from, reader, source } = open;
  const share = (part: number): number => from + Math.floor(((size - from) * part) / of);
  const [begin, end] = [share(index - 1), share(index)];
  let { line } = open;
  /** Where the block begins in the file. */
  let offset = 0;
  let block: Block | null = first;
  let start = from;
  while (block !== null && offset + block.end <= begin) {
    line += lineEnds(block, start, block.end);
    offset += block.end;
    start = 0;
    reader.reuse(block.bytes);
    block = await reader.next();
  }
  if (block === null) return { ...open, first: nothing(), from: 0, line, reader: ended };
  const rows = recordFrom(block, start, begin - offset, cut);
  line += lineEnds(block, start, rows);
  const until = recordFrom(block, start, end - offset, cut);
  let done = offset + block.end >= end;
  offset += block.end;

  const rest: BlockReader = {
    reuse: (bytes) => reader.reuse(bytes),
    async next() {
      const next: Block | null = done ? null : await reader.next();
      if (next === null) {
        await readToEnd(source);
        return null;
      }
      const stop = recordFrom(next, 0, end - offset, cut);
      done = offset + next.end >= end;
      offset += next.end;
      // A record of the block before is longer than the part.
      return stop === 0 ? rest.next() : cutShort(next, stop);
    },
  };
  return { ...open, first: cutShort(block, until), from: rows, line, reader: rest };
}

/** The first beginning of a record at `at` or behind it; the end of the block if there is none. */
function recordFrom({ bytes, end }: Block, start: number, at: number, cut: CutRecords): number {
  if (at <= start) return start;
  if (at >= end) return end;
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  let record = cut(whole, at - start);
  if (start + record === at) return at;
  for (let next = at - start; ;) {
    const newline = whole.indexOf(lineFeed, next);
    if (newline === -1) return end;
    const rest = whole.subarray(record);
    const found = cut(rest, newline + 1 - record);
    if (found > 0) record += found;
    if (start + record >= at) return start + record;
    next = newline + 1;
  }
}

function lineEnds({ bytes }: Block, from: number, to: number): number {
  let count = 0;
  for (let at = bytes.indexOf(lineFeed, from); at !== -1 && at < to; at = bytes.indexOf(lineFeed, at + 1))
    count += 1;
  return count;
}

function cutShort({ bytes }: Block, end: number): Block {
  bytes[end] = lineFeed;
  return { bytes, end };
}

function nothing(): Block {
  return cutShort({ bytes: new Uint8Array(1), end: 0 }, 0);
}

const ended: BlockReader = { next: () => Promise.resolve(null), reuse: () => undefined };

async function readToEnd(source: OpenTable['source']): Promise<void> {
  const buffer = new Uint8Array(2 ** 20);
  while ((await source.read(buffer, 0)) > 0);
}
