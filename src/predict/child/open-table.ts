import { MlregError } from '../../core/errors.ts';
import { type ByteSource, openSource } from '../../data/byte-source.ts';
import { readHeader } from '../../data/delimited-header.ts';
import { findJsonColumns, type JsonPath, jsonName } from '../../data/json-columns.ts';
import {
  type Block,
  type BlockReader,
  type CutRecords,
  blockReader,
  cutDelimited,
  cutLines,
  RecordTooLong,
} from '../../data/read-blocks.ts';
import { delimiters } from '../../data/scan-delimited.ts';
import { textColumns } from '../../data/text-columns.ts';
import type { TableKind } from '../../data/table-format.ts';
import { shardOfTable } from './shard-of-table.ts';
import type { TableJob } from './table-job.ts';

/** Measured: smaller blocks cost more messages, larger ones more memory, and neither gains time. */
const blockBytes = 2 ** 20;
/** A record is held whole, in several copies. */
const mostRecordBytes = 2 ** 24;
const byteOrderMark = Buffer.from('\ufeff');

/** A table whose columns are known. */
export interface OpenTable {
  source: ByteSource;
  reader: BlockReader;
  first: Block;
  /** Where the rows of the first block begin. */
  from: number;
  /** The physical line on which they begin, from 1. */
  line: number;
  columns: string[];
  /** Positions of columns that hold text. */
  text: Set<number>;
  /** Of JSON lines: where the values of each column are. */
  paths: JsonPath[] | null;
  head: TableHead;
}

/** The bytes before the rows, which the output begins with. */
export interface TableHead {
  /** A byte order mark. */
  mark: Buffer;
  /** The first line without its end; empty in JSON lines. */
  line: Buffer;
  lineEnd: Buffer;
}

/** Reads the first block. INVALID_INPUT if the table is empty, or has no columns. */
export async function openTable({ table, shard }: Pick<TableJob, 'table' | 'shard'>): Promise<OpenTable> {
  const open = await openWhole(table);
  return shard === null ? open : shardOfTable(open, shard, cutOf(table.kind));
}

function cutOf({ format }: TableKind): CutRecords {
  return format === 'csv' || format === 'tsv' ? cutDelimited(delimiters[format]) : cutLines;
}

async function openWhole(table: TableJob['table']): Promise<OpenTable> {
  const { kind, what } = table;
  const delimiter = kind.format === 'csv' || kind.format === 'tsv' ? delimiters[kind.format] : null;
  const source = openSource(table);
  const reader = blockReader(source, { cut: cutOf(kind), blockBytes, mostBytes: mostRecordBytes });
  const first = await reader.next().catch((error: unknown) => {
    throw error instanceof RecordTooLong ? recordTooLong(what, 1) : error;
  });
  if (first === null) throw isEmpty(what, delimiter === null);
  const bytes = Buffer.from(first.bytes.buffer, 0, first.bytes.length);
  const known = { source, reader, first };
  if (delimiter === null) {
    const from = bytes.indexOf(byteOrderMark) === 0 ? byteOrderMark.length : 0;
    const { paths, text } = findJsonColumns(bytes.subarray(from), first.end - from);
    if (paths.length === 0) throw noColumns(what);
    const head = {
      mark: Buffer.from(bytes.subarray(0, from)),
      line: Buffer.alloc(0),
      lineEnd: Buffer.alloc(0),
    };
    return { ...known, from, line: 1, columns: paths.map(jsonName), text, paths, head };
  }
  const header = readHeader(bytes, first.end, delimiter, what);
  const { columns, start, end, next, lines } = header;
  const text = textColumns(columns, bytes.subarray(next, first.end + 1), delimiter);
  // Copies: the block moves to a worker.
  const [mark = bytes, line = bytes, lineEnd = bytes] = [
    [0, start],
    [start, end],
    [end, next],
  ].map(([from, to]) => Buffer.from(bytes.subarray(from, to)));
  return { ...known, from: next, line: lines + 1, columns, text, paths: null, head: { mark, line, lineEnd } };
}

export function recordTooLong(what: string, line: number): MlregError {
  return new MlregError(
    'INVALID_INPUT',
    `${what}, line ${line}: a record of more than ${mostRecordBytes / 2 ** 20} MiB begins here`,
    { hint: 'look for a quote that is not closed' },
  );
}

function isEmpty(what: string, isJson: boolean): MlregError {
  return new MlregError('INVALID_INPUT', `${what} is empty${isJson ? '' : ': it has no header'}`, {
    hint: isJson ? 'write one JSON object a line' : 'name the columns in the first line',
  });
}

function noColumns(what: string): MlregError {
  return new MlregError('INVALID_INPUT', `${what} has no JSON object with values in its first lines`, {
    hint: 'write one JSON object a line, such as {"age":41,"weight":70.5}',
  });
}
