/** The types of fields, with their numbers in descriptor.proto. */
export const scalarTypes = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  bool: 8,
  string: 9,
  bytes: 12,
  uint32: 13,
} as const;

export type ScalarType = keyof typeof scalarTypes;

export interface FieldDescription {
  number: number;
  name: string;
  repeated: boolean;
  /** A scalar, or the full name of a message or enum, such as `inference.ModelInferRequest`. */
  type: { scalar: ScalarType } | { message: string } | { enum: string };
  /** The oneof that it is one of. */
  oneof: string | undefined;
}

export interface MessageDescription {
  /** With its package. */
  fullName: string;
  fields: FieldDescription[];
  /** An entry of a map: a message with a key and a value. */
  isMapEntry: boolean;
}

export interface EnumDescription {
  fullName: string;
  values: { name: string; number: number }[];
}

export interface MethodDescription {
  name: string;
  input: string;
  output: string;
  clientStreams: boolean;
  serverStreams: boolean;
}

/** What a .proto file says. */
export interface ProtoFile {
  name: string;
  package: string;
  /** Messages and enums by full name, in the order of the file; nested ones come after theirs. */
  messages: Map<string, MessageDescription>;
  enums: Map<string, EnumDescription>;
  services: Map<string, MethodDescription[]>;
}

/**
 * Reads our own descriptions, which are written in the syntax of proto3. Only what they use is
 * known: no comments, imports, options or groups. They are constants, so that a mistake is a bug.
 */
export function describeProto(name: string, packageName: string, text: string): ProtoFile {
  const tokens = text.match(/[\w.]+|[{}()=;<>,]/g) ?? [];
  const file: ProtoFile = {
    name,
    package: packageName,
    messages: new Map(),
    enums: new Map(),
    services: new Map(),
  };
  let at = 0;
  while (at < tokens.length) {
    const kind = next();
    if (kind === 'message') message(packageName);
    else if (kind === 'enum') enumeration(packageName);
    else if (kind === 'service') service();
    else throw new Error(`${name}: ${kind} is unknown`);
  }
  for (const { fields, fullName } of file.messages.values())
    for (const field of fields) field.type = resolve(field.type, fullName);
  return file;

  function next(expected?: string): string {
    const token = tokens[at++];
    if (token === undefined || (expected !== undefined && token !== expected))
      throw new Error(`${name}: ${token} instead of ${expected}`);
    return token;
  }

  function message(scope: string): void {
    const fullName = `${scope}.${next()}`;
    const description: MessageDescription = { fullName, fields: [], isMapEntry: false };
    file.messages.set(fullName, description);
    next('{');
    for (let token = next(); token !== '}'; token = next()) {
      if (token === 'message') message(fullName);
      else if (token === 'enum') enumeration(fullName);
      else if (token === 'oneof') {
        const oneof = next();
        next('{');
        for (let type = next(); type !== '}'; type = next()) field(description, type, oneof);
      } else field(description, token, undefined);
    }
  }

  function field(description: MessageDescription, token: string, oneof: string | undefined): void {
    if (token === 'map') return mapField(description);
    const repeated = token === 'repeated';
    const type = { message: repeated ? next() : token };
    const fieldName = next();
    next('=');
    description.fields.push({ name: fieldName, number: Number(next()), repeated, type, oneof });
    next(';');
  }

  /** A map is a repeated message with a key and a value. */
  function mapField(description: MessageDescription): void {
    next('<');
    const key = next();
    next(',');
    const value = next();
    next('>');
    const fieldName = next();
    next('=');
    const entry = `${description.fullName}.${fieldName[0]!.toUpperCase()}${fieldName.slice(1)}Entry`;
    file.messages.set(entry, {
      fullName: entry,
      isMapEntry: true,
      fields: [
        { name: 'key', number: 1, repeated: false, type: { message: key }, oneof: undefined },
        { name: 'value', number: 2, repeated: false, type: { message: value }, oneof: undefined },
      ],
    });
    const type = { message: entry };
    description.fields.push({
      name: fieldName,
      number: Number(next()),
      repeated: true,
      type,
      oneof: undefined,
    });
    next(';');
  }

  function enumeration(scope: string): void {
    const description: EnumDescription = { fullName: `${scope}.${next()}`, values: [] };
    file.enums.set(description.fullName, description);
    next('{');
    for (let token = next(); token !== '}'; token = next()) {
      next('=');
      description.values.push({ name: token, number: Number(next()) });
      next(';');
    }
  }

  function service(): void {
    const methods: MethodDescription[] = [];
    file.services.set(`${packageName}.${next()}`, methods);
    next('{');
    for (let token = next(); token !== '}'; token = next()) {
      if (token !== 'rpc') throw new Error(`${name}: ${token} in a service`);
      const method = next();
      const input = side();
      next('returns');
      const output = side();
      next(';');
      methods.push({
        name: method,
        input: input.type,
        output: output.type,
        clientStreams: input.streams,
        serverStreams: output.streams,
      });
    }
  }

  function side(): { type: string; streams: boolean } {
    next('(');
    const token = next();
    const type = `${packageName}.${token === 'stream' ? next() : token}`;
    next(')');
    return { type, streams: token === 'stream' };
  }

  /** A name means the innermost message or enum of that name, from `scope` outwards. */
  function resolve(type: FieldDescription['type'], scope: string): FieldDescription['type'] {
    if (!('message' in type)) return type;
    const { message: written } = type;
    if (Object.hasOwn(scalarTypes, written)) return { scalar: written as ScalarType };
    for (let outer = scope; outer !== ''; outer = outer.slice(0, Math.max(0, outer.lastIndexOf('.')))) {
      const fullName = written.startsWith(`${packageName}.`) ? written : `${outer}.${written}`;
      if (file.messages.has(fullName)) return { message: fullName };
      if (file.enums.has(fullName)) return { enum: fullName };
    }
    throw new Error(`${name}: ${written} is unknown in ${scope}`);
  }
}
