import { read } from 'node:fs';
import { promisify } from 'node:util';
import {
  readCount,
  readList,
  readStruct,
  type ThriftField,
  thriftTypes,
  writeBinary,
  writeInt,
  writeList,
  writeStruct,
} from './thrift.ts';

/**
 * The index at the end of a Parquet file, to which columns can be added. Fields are numbered as in
 * https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */
export interface Footer {
  /** Where it begins, which is where the rows end. */
  at: number;
  /** The rows of each row group. */
  groups: number[];
  /**
   * The footer of a file that has the same bytes before it, and behind these the chunks of further
   * columns. `chunks`: of each row group one for each column.
   */
  withColumns(columns: readonly AddedColumn[], chunks: readonly (readonly AddedChunk[])[]): Uint8Array;
}

/** A column that can be NULL, at the end of the schema. */
export interface AddedColumn {
  name: string;
  physicalType: number;
  convertedType: number | null;
}

/** The values of a column in a row group. */
export interface AddedChunk {
  /** Where its first page begins. */
  at: number;
  codec: number;
  values: number;
  /** Of all its pages, with their headers. */
  compressedBytes: number;
  plainBytes: number;
}

const magic = 'PAR1';
const tailBytes = 8;
/** Larger ones take a multiple of this in memory. */
const mostBytes = 2 ** 25;
const { i32, i64, binary, list, struct } = thriftTypes;
const readSome = promisify(read);

/**
 * Reads the footer of an open file; null if it is one to which nothing can be added here: encrypted,
 * huge, with empty row groups, or of another form than the format says.
 */
export async function readFooter(descriptor: number, size: number): Promise<Footer | null> {
  const tail = await readAt(descriptor, size - tailBytes, tailBytes);
  if (tail?.toString('latin1', 4) !== magic) return null;
  const length = tail.readUInt32LE(0);
  if (length > mostBytes || length > size - tailBytes - magic.length) return null;
  const at = size - tailBytes - length;
  const bytes = await readAt(descriptor, at, length);
  try {
    return bytes === null ? null : parseFooter(bytes, at);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

async function readAt(descriptor: number, from: number, length: number): Promise<Buffer | null> {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (from >= 0 && done < length) {
    const { bytesRead } = await readSome(descriptor, bytes, done, length - done, from + done);
    if (bytesRead === 0) return null;
    done += bytesRead;
  }
  return from < 0 ? null : bytes;
}

function parseFooter(bytes: Uint8Array, at: number): Footer | null {
  const metadata = fieldsById(bytes);
  const schema = valueOf(metadata, 2, list);
  const rowGroups = valueOf(metadata, 4, list);
  if (schema === undefined || rowGroups === undefined) return null;
  // Encrypted.
  if (metadata.has(8) || metadata.has(9)) return null;
  const elements = readList(schema, struct);
  const [root, ...others] = elements.map(fieldsById);
  const children = root === undefined ? undefined : valueOf(root, 5, i32);
  if (root === undefined || children === undefined) return null;
  const leaves = others.filter((element) => {
    const nested = valueOf(element, 5, i32);
    return nested === undefined || readCount(nested) === 0;
  }).length;
  const groups = readList(rowGroups, struct).map(fieldsById);
  const counts = groups.map((group) => readCount(valueOf(group, 3, i64) ?? new Uint8Array()));
  const chunksOf = groups.map((group) => readList(valueOf(group, 1, list) ?? new Uint8Array(), struct));
  if (counts.some((rows) => rows === 0) || chunksOf.some(({ length }) => length !== leaves)) return null;

  const footer: Footer = {
    at,
    groups: counts,
    withColumns(columns, chunks) {
      const grown = new Map(metadata);
      const width = writeInt(readCount(children) + columns.length);
      put(grown, 2, list, [
        writeFields(new Map(root).set(5, { id: 5, type: i32, value: width })),
        ...elements.slice(1),
        ...columns.map(({ name, physicalType, convertedType }) =>
          writeStruct([
            { id: 1, type: i32, value: writeInt(physicalType) },
            { id: 3, type: i32, value: writeInt(repetition.optional) },
            { id: 4, type: binary, value: writeBinary(name) },
            ...(convertedType === null ? [] : [{ id: 6, type: i32, value: writeInt(convertedType) }]),
          ]),
        ),
      ]);
      put(
        grown,
        4,
        list,
        groups.map((group, index) => withChunks(group, chunksOf[index] ?? [], columns, chunks[index] ?? [])),
      );
      // It describes the columns that were there.
      grown.delete(5);
      const orders = valueOf(metadata, 7, list);
      if (orders !== undefined)
        put(grown, 7, list, [...readList(orders, struct), ...columns.map(() => typeDefinedOrder)]);
      return writeFields(grown);
    },
  };
  // What it cannot write is known before a model has run for hours.
  footer.withColumns([], []);
  return footer;
}

type Fields = Map<number, ThriftField>;

/** Throws a RangeError if a field is there twice: readers do not agree which one counts. */
function fieldsById(bytes: Uint8Array): Fields {
  const fields = readStruct(bytes);
  const byId = new Map(fields.map((field) => [field.id, field]));
  if (byId.size !== fields.length) throw new RangeError('a field is there twice');
  return byId;
}

/** Undefined if it is not there; throws a RangeError if it has another type. */
function valueOf(fields: Fields, id: number, type: number): Uint8Array | undefined {
  const field = fields.get(id);
  if (field !== undefined && field.type !== type) throw new RangeError('a field of another type');
  return field?.value;
}

function put(fields: Fields, id: number, type: number, elements: readonly Uint8Array[]): void {
  fields.set(id, { id, type, value: writeList(struct, elements) });
}

function writeFields(fields: Fields): Buffer {
  return writeStruct([...fields.values()].sort((one, other) => one.id - other.id));
}

function withChunks(
  group: Fields,
  chunks: readonly Uint8Array[],
  columns: readonly AddedColumn[],
  added: readonly AddedChunk[],
): Buffer {
  const grown = new Map(group);
  put(grown, 1, list, [
    ...chunks,
    ...added.map((chunk, index) => writeChunk(columns[index] as AddedColumn, chunk)),
  ]);
  for (const [id, bytes] of [
    [2, added.reduce((sum, { plainBytes }) => sum + plainBytes, 0)],
    [6, added.reduce((sum, { compressedBytes }) => sum + compressedBytes, 0)],
  ] as const) {
    const before = valueOf(group, id, i64);
    if (before !== undefined) grown.set(id, { id, type: i64, value: writeInt(readCount(before) + bytes) });
  }
  return writeFields(grown);
}

function writeChunk({ name, physicalType }: AddedColumn, chunk: AddedChunk): Buffer {
  const metadata = writeStruct([
    { id: 1, type: i32, value: writeInt(physicalType) },
    { id: 2, type: list, value: writeList(i32, [encodings.plain, encodings.rle].map(writeInt)) },
    { id: 3, type: list, value: writeList(binary, [writeBinary(name)]) },
    { id: 4, type: i32, value: writeInt(chunk.codec) },
    { id: 5, type: i64, value: writeInt(chunk.values) },
    { id: 6, type: i64, value: writeInt(chunk.plainBytes) },
    { id: 7, type: i64, value: writeInt(chunk.compressedBytes) },
    { id: 9, type: i64, value: writeInt(chunk.at) },
    { id: 12, type: struct, value: writeStruct([{ id: 3, type: i64, value: writeInt(0) }]) },
  ]);
  return writeStruct([
    { id: 2, type: i64, value: writeInt(chunk.at) },
    { id: 3, type: struct, value: metadata },
  ]);
}

const repetition = { optional: 1 };
export const encodings = { plain: 0, rle: 3 };
/** Values are ordered as their type says. */
const typeDefinedOrder = writeStruct([{ id: 1, type: struct, value: writeStruct([]) }]);

/** The end of a file, with its footer. */
export function endOfFile(footer: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([footer, length, Buffer.from(magic)]);
}
