import {
  type EnumDescription,
  type FieldDescription,
  type MessageDescription,
  type ProtoFile,
  scalarTypes,
} from './description.ts';
import { growingBytes, writeMessage, writeNumberField, writeText } from './wire-writer.ts';

/** Numbers in descriptor.proto. */
const messageType = 11;
const enumType = 14;
const optional = 1;
const repeated = 3;

/**
 * The file as a `google.protobuf.FileDescriptorProto`, which reflection gives away
 * (https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/descriptor.proto).
 */
export function fileDescriptor(file: ProtoFile): Buffer {
  const out = growingBytes(8192);
  writeText(out, 1, file.name);
  writeText(out, 2, file.package);
  for (const message of childrenOf(file.messages, file.package))
    writeMessage(out, 4, () => messageOf(message));
  for (const description of childrenOf(file.enums, file.package))
    writeMessage(out, 5, () => enumOf(description));
  for (const [fullName, methods] of file.services) {
    writeMessage(out, 6, () => {
      writeText(out, 1, lastName(fullName));
      for (const { name, input, output, clientStreams, serverStreams } of methods) {
        writeMessage(out, 2, () => {
          writeText(out, 1, name);
          writeText(out, 2, `.${input}`);
          writeText(out, 3, `.${output}`);
          if (clientStreams) writeNumberField(out, 5, 1);
          if (serverStreams) writeNumberField(out, 6, 1);
        });
      }
    });
  }
  writeText(out, 12, 'proto3');
  return out.written();

  function messageOf({ fullName, fields, isMapEntry }: MessageDescription): void {
    const oneofs = [...new Set(fields.flatMap(({ oneof }) => oneof ?? []))];
    writeText(out, 1, lastName(fullName));
    for (const field of fields) writeMessage(out, 2, () => fieldOf(field, oneofs));
    for (const nested of childrenOf(file.messages, fullName)) writeMessage(out, 3, () => messageOf(nested));
    for (const nested of childrenOf(file.enums, fullName)) writeMessage(out, 4, () => enumOf(nested));
    if (isMapEntry) writeMessage(out, 7, () => writeNumberField(out, 7, 1));
    for (const oneof of oneofs) writeMessage(out, 8, () => writeText(out, 1, oneof));
  }

  function fieldOf(field: FieldDescription, oneofs: readonly string[]): void {
    writeText(out, 1, field.name);
    writeNumberField(out, 3, field.number);
    writeNumberField(out, 4, field.repeated ? repeated : optional);
    const { type } = field;
    if ('scalar' in type) writeNumberField(out, 5, scalarTypes[type.scalar]);
    else {
      writeNumberField(out, 5, 'message' in type ? messageType : enumType);
      writeText(out, 6, `.${'message' in type ? type.message : type.enum}`);
    }
    if (field.oneof !== undefined) writeNumberField(out, 9, oneofs.indexOf(field.oneof));
  }

  function enumOf({ fullName, values }: EnumDescription): void {
    writeText(out, 1, lastName(fullName));
    for (const { name, number } of values) {
      writeMessage(out, 2, () => {
        writeText(out, 1, name);
        writeNumberField(out, 2, number);
      });
    }
  }
}

function* childrenOf<T extends { fullName: string }>(
  all: ReadonlyMap<string, T>,
  scope: string,
): Generator<T> {
  for (const one of all.values()) if (one.fullName === `${scope}.${lastName(one.fullName)}`) yield one;
}

function lastName(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1);
}
