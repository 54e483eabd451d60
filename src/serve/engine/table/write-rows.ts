import { byteBuilder, delimitedCell, rowAppender } from '../../../data/append-cells.ts';
import { outputColumns } from '../../../predict/columns/outputs.ts';
import type { ByteWriter } from '../../../runtime/session/session-kind.ts';
import { writeValues } from '../values-out.ts';
import type { DelimitedRows } from './read-rows.ts';
import { appended, type RowOutput } from './row-outputs.ts';

export function writeText(out: ByteWriter, text: string): void {
  out.reserve(3 * text.length);
  out.at += out.bytes.write(text, out.at, 'utf8');
}

/**
 * Writes an object for each row, with a member for each output: a value, an object of values by
 * class if the model names its classes and `byClass` is set, or a list, nested as the output's shape.
 * Returns how many values became null because JSON has neither NaN nor infinities.
 */
export function writeRecords(
  outputs: readonly RowOutput[],
  rows: number,
  byClass: boolean,
  out: ByteWriter,
): number {
  const keys = outputs.map(({ name }, at) => `${at === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  const classKeys = outputs.map(({ classes }) =>
    classes?.map((name, at) => `${at === 0 ? '{' : ','}${JSON.stringify(name)}:`),
  );
  let notFinite = 0;
  for (let row = 0; row < rows; row++) {
    if (row > 0) writeText(out, ',');
    for (let at = 0; at < outputs.length; at++) {
      const output = outputs[at] as RowOutput;
      const first = row * output.width;
      writeText(out, keys[at] as string);
      const names = byClass ? classKeys[at] : undefined;
      if (names === undefined) {
        notFinite += writeNested(output, output.rowShape, first, out);
        continue;
      }
      names.forEach((name, index) => {
        writeText(out, name);
        notFinite += writeNested(output, [], first + index, out);
      });
      writeText(out, '}');
    }
    writeText(out, '}');
  }
  return notFinite;
}

/** Writes the values from `first` on, as lists in lists of this shape. */
export function writeNested(
  { type, data }: Pick<RowOutput, 'type' | 'data'>,
  shape: readonly number[],
  first: number,
  out: ByteWriter,
): number {
  const part = (from: number, to: number): typeof data =>
    Array.isArray(data) ? data.slice(from, to) : data.subarray(from, to);
  const [size, ...inner] = shape;
  if (size === undefined) return writeValues(type, part(first, first + 1), out);
  writeText(out, '[');
  let notFinite = 0;
  if (inner.length === 0) notFinite = writeValues(type, part(first, first + size), out);
  else {
    const width = inner.reduce((product, one) => product * one, 1);
    for (let at = 0; at < size; at++) {
      if (at > 0) writeText(out, ',');
      notFinite += writeNested({ type, data }, inner, first + at * width, out);
    }
  }
  writeText(out, ']');
  return notFinite;
}

/** Writes the table with the predictions behind each row: to the byte what `mlreg predict` writes. */
export function writeDelimited(outputs: readonly RowOutput[], table: DelimitedRows, out: ByteWriter): void {
  const { delimiter, columns, head, lineEnd, bytes, batch } = table;
  const between = String.fromCharCode(delimiter);
  const named = outputs.map(({ name, width, classes }) => ({ name, width, classes }));
  const names = outputColumns(named, columns).map(({ name }) => delimitedCell(name, delimiter));
  const builder = byteBuilder(new ArrayBuffer(2 * bytes.length + 1024));
  rowAppender({ delimiter, columns: null, width: columns.length })(
    builder,
    bytes,
    batch,
    outputs.map(appended),
  );
  const added = Buffer.from(`${between}${names.join(between)}`);
  const parts = [head, added, lineEnd, builder.bytes.subarray(0, builder.length)];
  out.reserve(parts.reduce((sum, part) => sum + part.length, 0));
  for (const part of parts) {
    out.bytes.set(part, out.at);
    out.at += part.length;
  }
}
