/** One encoded field: its bytes, to be joined with others into a message. */
export type Field = Uint8Array;

export function varint(value: number | bigint): Uint8Array {
  if (value >= 0 && value < 0x80) return Uint8Array.of(Number(value));
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Uint8Array.from([...bytes, Number(rest)]);
}

const key = (field: number, wireType: number) => varint(field * 8 + wireType);

export function message(...fields: (Field | readonly Field[])[]): Uint8Array {
  return Buffer.concat(fields.flat());
}

export function integer(field: number, value: number | bigint | undefined): Field {
  return value === undefined ? new Uint8Array() : message(key(field, 0), varint(value));
}

/** Many of one field, not packed: faster than one by one. */
export function integers(field: number, values: readonly (number | bigint)[]): Field {
  const start = key(field, 0);
  const bytes: number[] = [];
  for (const value of values) {
    bytes.push(...start);
    if (value >= 0 && value < 2 ** 31) {
      let rest = Number(value);
      for (; rest > 0x7f; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
      bytes.push(rest);
    } else bytes.push(...varint(value));
  }
  return Uint8Array.from(bytes);
}

/** As `integers`. */
export function floats(field: number, values: readonly number[]): Field {
  const start = key(field, 5);
  const size = start.length + 4;
  const bytes = new DataView(new ArrayBuffer(size * values.length));
  values.forEach((value, at) => {
    start.forEach((byte, place) => bytes.setUint8(at * size + place, byte));
    bytes.setFloat32(at * size + start.length, value, true);
  });
  return new Uint8Array(bytes.buffer);
}

export function bytes(field: number, value: Uint8Array): Field {
  return message(key(field, 2), varint(value.length), value);
}

export function text(field: number, value: string | undefined): Field {
  return value === undefined ? new Uint8Array() : bytes(field, Buffer.from(value, 'utf8'));
}

export function float(field: number, value: number): Field {
  return message(key(field, 5), new Uint8Array(Float32Array.of(value).buffer));
}

export function packedIntegers(field: number, values: readonly (number | bigint)[]): Field {
  return bytes(field, message(values.map(varint)));
}

export function packedFloats(field: number, values: readonly number[]): Field {
  return bytes(field, new Uint8Array(Float32Array.from(values).buffer));
}

export function packedDoubles(field: number, values: readonly number[]): Field {
  return bytes(field, new Uint8Array(Float64Array.from(values).buffer));
}
