import type { ByteWriter } from '../../runtime/session/session-kind.ts';
import type { Asked, Codec, Given, ServedModel } from './codec.ts';
import { badRequest, shown } from './refusal.ts';
import { isList, membersOf, onlyValue } from './table/find-json.ts';
import { readFeatures } from './table/read-features.ts';
import { type DelimitedRows, readDelimited, readRecords, type ReadRows } from './table/read-rows.ts';
import { recordLines } from './table/record-lines.ts';
import { rowOutputs } from './table/row-outputs.ts';
import { writeDelimited, writeRecords, writeText } from './table/write-rows.ts';

/** What a body is, and what the answer is to be; a frame has it as the number of its head. */
export interface TableForm {
  format: (typeof formats)[number];
  /** Whether the answer is a table, too; only for one of CSV or TSV. */
  sameBack: boolean;
  /** Whether a missing value is NaN; otherwise it is refused. */
  missingIsNan: boolean;
}

const formats = ['json', 'jsonl', 'csv', 'tsv'] as const;

export function headOfForm({ format, sameBack, missingIsNan }: TableForm): number {
  return formats.indexOf(format) + (sameBack ? 8 : 0) + (missingIsNan ? 16 : 0);
}

export function formOfHead(head: number): TableForm {
  const format = formats[head & 7] ?? 'json';
  return { format, sameBack: (head & 8) !== 0, missingIsNan: (head & 16) !== 0 };
}

interface Note {
  read: ReadRows;
  /** For an answer in the form of the request. */
  table: DelimitedRows | undefined;
}

/**
 * Rows of a table, as people write them: `{"features": […]}`, records by column name, JSON lines, CSV
 * and TSV, by the rules of `mlreg predict`. The answer has an object for each row, or the table with
 * the predictions behind each row.
 */
export const predictCodec: Codec = { decode, encode };

function decode({ body: given, head }: { body: Uint8Array; head: number }, model: ServedModel): Asked {
  const { plan } = model;
  const { format, sameBack, missingIsNan } = formOfHead(head);
  const body = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  const onMissing = missingIsNan ? 'nan' : 'reject';
  let read: ReadRows;
  let table: DelimitedRows | undefined;
  if (format === 'json') read = readJson(body, model, onMissing);
  else if (format === 'jsonl') read = readRecords(body, plan, onMissing, (line) => `line ${line + 1}`);
  else {
    read = table = readDelimited(body, plan, onMissing, format);
    if (!sameBack) table = undefined;
  }
  const note: Note = { read, table };
  return { inputs: read.inputs, wanted: model.all, note };
}

function readJson(body: Buffer, { plan }: ServedModel, onMissing: 'reject' | 'nan'): ReadRows {
  const root = onlyValue(body);
  if (isList(body, root))
    return readRecords(recordLines(body, root, 'records'), plan, onMissing, (index) => `records[${index}]`);
  const members = membersOf(body, root, 'the request');
  const [features, records] = [members.get('features'), members.get('records')];
  const other = [...members.keys()].find((key) => key !== 'features' && key !== 'records');
  if (other !== undefined || (features === undefined) === (records === undefined))
    throw badRequest(
      `the request must have "features": a list of values, or "records": a list of objects by column name${other === undefined ? '' : `; it has ${shown(other)}`}`,
    );
  if (features !== undefined) return readFeatures(body, features, plan);
  const lines = recordLines(body, records ?? root, '"records"');
  return readRecords(lines, plan, onMissing, (index) => `"records"[${index}]`);
}

function encode(outputs: readonly Given[], asked: Asked, model: ServedModel, out: ByteWriter): number {
  const { read, table } = asked.note as Note;
  const given = rowOutputs(outputs, asked.wanted, model, read.rows, read.binding);
  if (table !== undefined) {
    writeDelimited(given, table, out);
    return 0;
  }
  const { name, version } = model.plan;
  writeText(
    out,
    `{"model_name":${JSON.stringify(name)},"model_version":${JSON.stringify(version)},"predictions":[`,
  );
  const notFinite = writeRecords(given, read.rows, true, out);
  writeText(out, notFinite === 0 ? ']}' : `],"non_finite":${notFinite}}`);
  return 0;
}
