import type { FieldDescription, ProtoFile, ScalarType } from './description.ts';
import { MalformedMessage, WireReader } from './wire-reader.ts';
import {
  growingBytes,
  writeBytes,
  writeMessage,
  writeNumberField,
  writePacked,
  writeText,
} from './wire-writer.ts';

/**
 * A message by the names of its fields, in which a field with its default value may be missing.
 * Integers are numbers; those of 64 bits can be bigints when they are written.
 */
export interface MessageValues {
  readonly [field: string]: FieldValue | readonly FieldValue[] | undefined;
}

type FieldValue = string | number | bigint | boolean | Uint8Array | MessageValues;

/** Messages of clients are no deeper than the protocols. */
const deepest = 10;

/** Writes a message as its description says. For messages that are rare: it is not fast. */
export function encodeMessage(file: ProtoFile, fullName: string, values: MessageValues): Buffer {
  const out = growingBytes();
  write(fullName, values);
  return out.written();

  function write(name: string, message: MessageValues): void {
    for (const field of fieldsOf(file, name)) {
      const value = message[field.name];
      if (value === undefined) continue;
      if (!field.repeated) writeOne(field, value as FieldValue, field.oneof !== undefined);
      else if (isPacked(field)) {
        const list = value as readonly (number | bigint | boolean)[];
        if (list.length > 0)
          writePacked(
            out,
            field.number,
            list.map((item) => (typeof item === 'boolean' ? Number(item) : item)),
          );
      } else for (const item of value as readonly FieldValue[]) writeOne(field, item, true);
    }
  }

  /** proto3 leaves a default value out, except in a oneof and in a list. */
  function writeOne({ number, type }: FieldDescription, value: FieldValue, always: boolean): void {
    if (typeof value === 'string') {
      if (always || value !== '') writeText(out, number, value);
    } else if (value instanceof Uint8Array) {
      if (always || value.length > 0) writeBytes(out, number, value);
    } else if (typeof value === 'object') {
      writeMessage(out, number, () => write('message' in type ? type.message : '', value));
    } else if (always || Number(value) !== 0)
      writeNumberField(out, number, typeof value === 'boolean' ? Number(value) : value);
  }
}

/** Reads a message as its description says; unknown fields are skipped. For messages that are rare. */
export function decodeMessage(file: ProtoFile, fullName: string, bytes: Buffer): MessageValues {
  return read(fullName, new WireReader(bytes), 0);

  function read(name: string, reader: WireReader, depth: number): MessageValues {
    if (depth > deepest) throw new MalformedMessage('messages are nested too deeply');
    const fields = fieldsOf(file, name);
    const values: Record<string, FieldValue | FieldValue[]> = Object.create(null);
    while (reader.next()) {
      const field = fields.find(({ number }) => number === reader.field);
      if (field === undefined) continue;
      if (!field.repeated) values[field.name] = readOne(field, reader, depth);
      else {
        const list = (values[field.name] ??= []) as FieldValue[];
        if (isPacked(field)) reader.eachInteger((value) => list.push(value));
        else list.push(readOne(field, reader, depth));
      }
    }
    return values;
  }

  function readOne({ type }: FieldDescription, reader: WireReader, depth: number): FieldValue {
    if ('message' in type) return read(type.message, reader.message(), depth + 1);
    if ('enum' in type) return reader.integer();
    return readers[type.scalar]?.(reader) ?? reader.integer();
  }
}

const readers: Partial<Record<ScalarType, (reader: WireReader) => FieldValue>> = {
  string: (reader) => reader.text(),
  bytes: (reader) => reader.content(),
  bool: (reader) => reader.boolean(),
};

function fieldsOf(file: ProtoFile, fullName: string): FieldDescription[] {
  const description = file.messages.get(fullName);
  if (description === undefined) throw new Error(`${fullName} is not described`);
  return description.fields;
}

function isPacked({ type }: FieldDescription): boolean {
  return 'enum' in type || ('scalar' in type && type.scalar !== 'string' && type.scalar !== 'bytes');
}
