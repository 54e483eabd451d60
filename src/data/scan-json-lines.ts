import { isUtf8 } from 'node:buffer';
import { type CellReader, type OnMissing, targetsByColumn } from './cell-types.ts';
import { quote } from '../core/text/quote.ts';
import { jsonName, type JsonNode, type JsonPath, jsonTree } from './json-columns.ts';
import { cellReader } from './read-cell.ts';
import type { RejectedRow, RowBatch, RowScanner, ScanPlan } from './row-batch.ts';
import { decodeJson, type JsonKind, NotJson, walkJson } from './walk-json.ts';

const lineFeed = 10;
/** Rejected rows are handed over before a batch is full, if there are this many. */
const mostRejected = 4096;

/**
 * Reads JSON lines: an object a line. Blank lines are skipped, and so are values that are no column.
 * A value is read from its text, so that no digit of a large integer is lost; a number in quotes is a
 * number, too. Of each row, `ends` is the place of its closing brace.
 */
export function jsonScanner(
  { columns, targets, onStranger }: ScanPlan,
  paths: readonly JsonPath[],
  onMissing: OnMissing,
): RowScanner {
  const width = columns.length;
  const tree = jsonTree(paths);
  const readers: CellReader[][] = targetsByColumn(targets, width).map((own) =>
    own.map((target) => cellReader(target, onMissing)),
  );
  const wanted = readers.flatMap((own, column) => (own.length > 0 ? [column] : []));
  const nothing = Buffer.alloc(0);
  /** The last row that had a value in each column. */
  const seen = new Float64Array(width).fill(-1);
  let stamp = 0;
  /** Paths of values in the row that are no columns. */
  const strangers = new Set<string>();
  let bytes: Buffer = nothing;
  let end = 0;
  let position = 0;
  let line = 0;
  let valid = true;
  let rejected: RejectedRow[] = [];

  function readRow(
    start: number,
    stop: number,
    batch: RowBatch,
  ): { reason: string; column: number; closed: number } {
    const row = batch.count;
    stamp++;
    if (strangers.size > 0) strangers.clear();
    let [reason, badColumn] = ['', -1];
    const onValue = (path: JsonPath, kind: JsonKind, from: number, to: number, escaped: boolean): void => {
      const column = columnAt(tree, path);
      if (column === -1) {
        const key = JSON.stringify(path);
        if (strangers.has(key) && reason === '') reason = `a duplicate key: ${quote(jsonName(path))}`;
        strangers.add(key);
        onStranger?.(row, String(path[0]));
        return;
      }
      const trouble =
        seen[column] === stamp ? 'a duplicate key' : readValue(column, row, kind, from, to, escaped);
      seen[column] = stamp;
      if (batch.bounds !== null) {
        const quotes = kind === 'string' ? 1 : 0;
        batch.bounds[(row * width + column) * 2] = from - quotes;
        batch.bounds[(row * width + column) * 2 + 1] = to + quotes;
      }
      if (trouble !== '' && reason === '') [reason, badColumn] = [trouble, column];
    };
    let closed = stop;
    try {
      if (!valid && !isUtf8(bytes.subarray(start, stop))) throw new NotJson('not UTF-8');
      closed = walkJson(bytes, start, stop, onValue);
    } catch (error) {
      if (!(error instanceof NotJson)) throw error;
      return { reason: error.message, column: -1, closed };
    }
    for (const column of wanted) {
      if (seen[column] === stamp) continue;
      const trouble = readValue(column, row, 'literal', 0, 0, false);
      if (trouble !== '' && reason === '') [reason, badColumn] = [trouble, column];
    }
    if (batch.bounds !== null) {
      for (let column = 0; column < width; column++)
        if (seen[column] !== stamp)
          batch.bounds.fill(0, (row * width + column) * 2, (row * width + column) * 2 + 2);
    }
    return { reason, column: badColumn, closed };
  }

  function readValue(
    column: number,
    row: number,
    kind: JsonKind,
    from: number,
    to: number,
    escaped: boolean,
  ): string {
    let [text, start, stop] = [bytes, from, to];
    // As an empty cell: missing.
    if (kind === 'literal' && (to === from || bytes[from] === 110)) stop = start;
    else if (escaped) {
      text = Buffer.from(decodeJson(bytes, from, to));
      [start, stop] = [0, text.length];
    }
    let trouble = '';
    for (const read of readers[column] as CellReader[])
      trouble ||= read(text, start, stop, row, kind === 'string', false);
    return trouble;
  }

  return {
    open(given, length) {
      bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
      [end, position, line] = [length, 0, 0];
      valid = isUtf8(bytes.subarray(0, end));
    },
    fill(batch) {
      batch.count = 0;
      while (batch.count < batch.capacity && position < end && rejected.length < mostRejected) {
        const newline = bytes.indexOf(lineFeed, position);
        const stop = newline === -1 || newline > end ? end : newline;
        const start = position;
        const firstLine = line;
        position = Math.min(stop + 1, end);
        line++;
        if (isBlank(bytes, start, stop)) continue;
        const { reason, column, closed } = readRow(start, stop, batch);
        if (reason === '') {
          batch.starts[batch.count] = start;
          batch.ends[batch.count] = closed;
          batch.nexts[batch.count] = position;
          batch.count++;
        } else rejected.push({ line: firstLine, column, reason, start, end: stop });
      }
      return batch.count > 0 || position < end;
    },
    takeRejected() {
      const taken = rejected;
      rejected = [];
      return taken;
    },
    lines: () => line,
  };
}

function columnAt(tree: JsonNode, path: JsonPath): number {
  let node: JsonNode | undefined = tree;
  for (const step of path) {
    node = typeof step === 'number' ? node.items[step] : node.keys.get(step);
    if (node === undefined) return -1;
  }
  return node.column;
}

function isBlank(bytes: Buffer, start: number, stop: number): boolean {
  for (let at = start; at < stop; at++) {
    const byte = bytes[at] as number;
    if (byte !== 32 && byte !== 9 && byte !== 13) return false;
  }
  return true;
}
