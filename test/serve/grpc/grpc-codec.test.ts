import assert from 'node:assert/strict';
import test from 'node:test';
import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import type { FeedData, FeedDtype } from '../../../src/onnx/feeds/feed-dtypes.ts';
import { datatypes } from '../../../src/serve/engine/datatypes.ts';
import { grpcCodec } from '../../../src/serve/engine/grpc-codec.ts';
import type { ServedModel } from '../../../src/serve/engine/codec.ts';
import { Refusal } from '../../../src/serve/engine/refusal.ts';
import { fileDescriptor } from '../../../src/serve/protobuf/file-descriptor.ts';
import { growingBytes } from '../../../src/serve/protobuf/wire-writer.ts';
import { inferenceProtocol } from '../../../src/serve/grpc/protocols.ts';
import { bytes, integer, message, packedIntegers, text, varint } from '../../support/protobuf-writer.ts';

/** The messages as protobufjs reads and writes them. */
const { ModelInfer } = (
  loadPackageDefinition(
    loadFileDescriptorSetFromBuffer(Buffer.from(message(bytes(1, fileDescriptor(inferenceProtocol)))), {
      keepCase: true,
      longs: String,
      defaults: true,
    }),
  ) as unknown as {
    inference: {
      GRPCInferenceService: {
        service: {
          ModelInfer: {
            requestSerialize: (value: object) => Buffer;
            responseDeserialize: (bytes: Buffer) => Answer;
          };
        };
      };
    };
  }
).inference.GRPCInferenceService.service;

interface Answer {
  model_name: string;
  model_version: string;
  id: string;
  outputs: {
    name: string;
    datatype: string;
    shape: string[];
    contents: Record<string, unknown[]> | null;
  }[];
  raw_output_contents: Buffer[];
}

/** protobufjs reads a map from a descriptor as what it is: a list of entries. */
function entry(key: string, value: object): object {
  return { key, value };
}

function modelOf(dtype: FeedDtype): ServedModel {
  const value = (name: string) => ({ name, dtype, shape: [null, 2], tensor: name });
  return {
    plan: {
      name: 'm',
      version: '1.2.3',
      modelFile: '',
      session: {},
      inputs: [value('x')],
      outputs: [value('y')],
      unusable: {},
      maxBatch: 32,
      golden: null,
      warmup: null,
    } as unknown as ServedModel['plan'],
    outputs: [value('y')],
    all: [0],
  };
}

/** Decodes a request, gives its input back as output, and reads the answer. */
function echoed(dtype: FeedDtype, request: object): { data: FeedData; answer: Answer } {
  const model = modelOf(dtype);
  const asked = grpcCodec.decode({ body: ModelInfer.requestSerialize(request), head: 0 }, model);
  const [input] = asked.inputs;
  assert.ok(input);
  const out = growingBytes(8);
  assert.equal(grpcCodec.encode([input], asked, model, out), 0);
  const framed = out.written();
  assert.equal(framed[0], 0);
  assert.equal(framed.readUInt32BE(1), framed.length - 5);
  return { data: input.data, answer: ModelInfer.responseDeserialize(framed.subarray(5)) };
}

const samples: [FeedDtype, field: string, values: unknown[], data: FeedData, written?: unknown[]][] = [
  ['bool', 'bool_contents', [true, false, true, true], Uint8Array.of(1, 0, 1, 1)],
  ['int8', 'int_contents', [-128, 127, 0, -1], Int8Array.of(-128, 127, 0, -1)],
  ['int16', 'int_contents', [-32768, 32767, 0, -1], Int16Array.of(-32768, 32767, 0, -1)],
  ['int32', 'int_contents', [-(2 ** 31), 2 ** 31 - 1, 0, -1], Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, -1)],
  [
    'int64',
    'int64_contents',
    ['-9223372036854775808', '9223372036854775807', '0', '-1'],
    BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 0n, -1n),
  ],
  ['uint8', 'uint_contents', [255, 0, 1, 200], Uint8Array.of(255, 0, 1, 200)],
  ['uint16', 'uint_contents', [65535, 0, 1, 300], Uint16Array.of(65535, 0, 1, 300)],
  ['uint32', 'uint_contents', [2 ** 32 - 1, 0, 1, 2 ** 31], Uint32Array.of(2 ** 32 - 1, 0, 1, 2 ** 31)],
  [
    'uint64',
    'uint64_contents',
    ['18446744073709551615', '0', '1', '128'],
    BigUint64Array.of(2n ** 64n - 1n, 0n, 1n, 128n),
  ],
  ['float32', 'fp32_contents', [1.5, -0, NaN, Infinity], Float32Array.of(1.5, -0, NaN, Infinity)],
  ['float64', 'fp64_contents', [0.1, -0, NaN, 1e300], Float64Array.of(0.1, -0, NaN, 1e300)],
  [
    'string',
    'bytes_contents',
    ['', 'a', 'héé ☃', 'x'.repeat(300)].map((one) => Buffer.from(one)),
    ['', 'a', 'héé ☃', 'x'.repeat(300)],
  ],
];

function rawOf(data: FeedData): Buffer {
  if (!Array.isArray(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat(
    data.map((one) => {
      const value = Buffer.from(one);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(value.length);
      return Buffer.concat([length, value]);
    }),
  );
}

for (const [dtype, field, values, data] of samples) {
  test(`${dtype} comes and goes typed and raw as protobufjs has it`, () => {
    const input = { name: 'x', datatype: datatypes[dtype], shape: [2, 2] };
    const typed = echoed(dtype, {
      model_name: 'm',
      id: 'r-1',
      inputs: [{ ...input, contents: { [field]: values } }],
    });
    assert.deepEqual(typed.data, data);
    const { answer } = typed;
    assert.deepEqual([answer.model_name, answer.model_version, answer.id], ['m', '1.2.3', 'r-1']);
    const [output] = answer.outputs;
    assert.deepEqual([output?.name, output?.datatype, output?.shape], ['y', datatypes[dtype], ['2', '2']]);
    assert.deepEqual(output?.contents?.[field], values);
    assert.deepEqual(answer.raw_output_contents, [rawOf(data)]);

    const raw = echoed(dtype, { inputs: [input], raw_input_contents: [rawOf(data)] });
    assert.deepEqual(raw.data, data);
    assert.equal(raw.answer.outputs[0]?.contents, null);
    assert.deepEqual(raw.answer.raw_output_contents, [rawOf(data)]);

    const parameters = (binary: boolean) => [entry('binary_data_output', { bool_param: binary })];
    const onlyTyped = echoed(dtype, {
      parameters: parameters(false),
      inputs: [input],
      raw_input_contents: [rawOf(data)],
    });
    assert.deepEqual(onlyTyped.answer.outputs[0]?.contents?.[field], values);
    assert.deepEqual(onlyTyped.answer.raw_output_contents, []);
    const onlyRaw = echoed(dtype, {
      parameters: parameters(true),
      inputs: [{ ...input, contents: { [field]: values } }],
    });
    assert.equal(onlyRaw.answer.outputs[0]?.contents, null);
  });
}

test('float16 goes raw, whatever is asked for', () => {
  const data = Uint16Array.of(0x3c00, 0, 0x7e00, 0xfc00);
  const input = { name: 'x', datatype: 'FP16', shape: [2, 2] };
  const { answer } = echoed('float16', {
    parameters: [entry('binary_data_output', { bool_param: false })],
    inputs: [input],
    raw_input_contents: [rawOf(data)],
  });
  assert.deepEqual(answer.raw_output_contents, [rawOf(data)]);
});

const x = { name: 'x', datatype: 'FP32', shape: [1, 2] };
const two = { fp32_contents: [1, 2] };
const refused: [what: string, dtype: FeedDtype, request: object, message: RegExp][] = [
  ['no inputs', 'float32', {}, /^missing input "x" \(FP32 \[-1,2\]\)$/],
  [
    'an unknown input',
    'float32',
    { inputs: [{ ...x, name: 'z', contents: two }] },
    /^unknown input "z"; the model has/,
  ],
  [
    'an input twice',
    'float32',
    {
      inputs: [
        { ...x, contents: two },
        { ...x, contents: two },
      ],
    },
    /"x" is given twice/,
  ],
  [
    'another datatype',
    'float32',
    { inputs: [{ ...x, datatype: 'INT64', contents: two }] },
    /INT64, expected FP32/,
  ],
  ['no datatype', 'float32', { inputs: [{ ...x, datatype: '', contents: two }] }, /unknown datatype ""/],
  [
    'another rank',
    'float32',
    { inputs: [{ ...x, shape: [2], contents: two }] },
    /shape \[2\], expected FP32 \[-1,2\]/,
  ],
  [
    'a negative size',
    'float32',
    { inputs: [{ ...x, shape: [-1, 2], contents: two }] },
    /sizes are integers of at least 0/,
  ],
  [
    'a huge shape',
    'float32',
    { inputs: [{ ...x, shape: ['4611686018427387904', 2], contents: two }] },
    /too large/,
  ],
  [
    'a huge shape of integers',
    'int64',
    { inputs: [{ ...x, datatype: 'INT64', shape: [2 ** 30, 2], contents: { int64_contents: [1] } }] },
    /has 1 values/,
  ],
  [
    'too few values',
    'float32',
    { inputs: [{ ...x, contents: { fp32_contents: [1] } }] },
    /has 1 values, but its shape \[1,2\] needs 2/,
  ],
  ['no values', 'float32', { inputs: [x] }, /has 0 values/],
  [
    'another field',
    'float32',
    { inputs: [{ ...x, contents: { int_contents: [1, 2] } }] },
    /"x" is FP32: its values belong into fp32_contents, not int_contents/,
  ],
  [
    'a value out of range',
    'int8',
    { inputs: [{ ...x, datatype: 'INT8', contents: { int_contents: [1, 128] } }] },
    /the value 128 at 1, which is no INT8/,
  ],
  [
    'typed float16',
    'float16',
    { inputs: [{ ...x, datatype: 'FP16', contents: { bytes_contents: [Buffer.alloc(4)] } }] },
    /only raw_input_contents can hold/,
  ],
  [
    'raw and typed',
    'float32',
    { inputs: [{ ...x, contents: two }], raw_input_contents: [Buffer.alloc(8)] },
    /has contents, but the request has raw_input_contents/,
  ],
  [
    'raw for another number of inputs',
    'float32',
    { inputs: [x], raw_input_contents: [Buffer.alloc(8), Buffer.alloc(8)] },
    /2 raw_input_contents for 1 inputs/,
  ],
  [
    'raw of another size',
    'float32',
    { inputs: [x], raw_input_contents: [Buffer.alloc(7)] },
    /7 bytes of data, but FP32 \[1,2\] needs 8/,
  ],
  [
    'raw strings of another number',
    'string',
    { inputs: [{ ...x, datatype: 'BYTES' }], raw_input_contents: [Buffer.alloc(4)] },
    /BYTES with 2 elements/,
  ],
  [
    'an unknown output',
    'float32',
    { inputs: [{ ...x, contents: two }], outputs: [{ name: 'q' }] },
    /unknown output "q"/,
  ],
  [
    'an output twice',
    'float32',
    { inputs: [{ ...x, contents: two }], outputs: [{ name: 'y' }, { name: 'y' }] },
    /requested twice/,
  ],
  [
    'classification',
    'float32',
    {
      inputs: [{ ...x, contents: two }],
      outputs: [{ name: 'y', parameters: [entry('classification', { int64_param: 3 })] }],
    },
    /"classification" is not supported/,
  ],
  [
    'shared memory',
    'float32',
    { inputs: [{ ...x, parameters: [entry('shared_memory_region', { string_param: 'r' })] }] },
    /shared memory is not supported/,
  ],
];

test('what does not fit the model is refused by name', () => {
  for (const [what, dtype, request, message_] of refused) {
    assert.throws(
      () => echoed(dtype, request),
      (error) => {
        assert.ok(error instanceof Refusal, `${what}: ${String(error)}`);
        assert.equal(error.status, 400, what);
        assert.match(error.message, message_, what);
        return true;
      },
      what,
    );
  }
});

test('numbers one by one, in several pieces, and unknown fields are protobuf, too', () => {
  const model = modelOf('int64');
  const contents = message(integer(3, -5), packedIntegers(3, [6]), text(99, 'later'));
  const input = message(text(1, 'x'), text(2, 'INT64'), integer(3, 1), integer(3, 2), bytes(5, contents));
  const body = Buffer.from(message(bytes(5, input), integer(1000, 7), text(1, 'm')));
  const { inputs } = grpcCodec.decode({ body, head: 0 }, model);
  assert.deepEqual(inputs[0]?.data, BigInt64Array.of(-5n, 6n));
  assert.deepEqual(inputs[0]?.dims, [1, 2]);
});

const named = message(text(1, 'x'), text(2, 'INT64'), packedIntegers(3, [1, 1]));
const malformed: [what: string, body: Uint8Array][] = [
  ['text', Buffer.from('hello world')],
  ['a field that is longer than the message', Buffer.from([0x2a, 50, 1])],
  ['a length of 64 bits', Buffer.from([0x2a, ...Array<number>(9).fill(0xff), 1])],
  ['a number that never ends', Buffer.from([0x08, ...Array<number>(12).fill(0xff)])],
  ['a number that ends with the message', Buffer.from([0x08, 0x80])],
  ['field 0', Buffer.from([0x02, 0])],
  ['a group', Buffer.from([0x2b, 0x2c])],
  ['an input that is a number', Buffer.from([0x28, 1])],
  ['a truncated double', Buffer.from([0x11, 1, 2, 3])],
  [
    'a number that is cut in its list',
    message(bytes(5, message(named, bytes(5, bytes(3, Buffer.of(0x80)))))),
  ],
  [
    'a number of 11 bytes in a list',
    message(bytes(5, message(named, bytes(5, bytes(3, Buffer.from([...Array<number>(10).fill(0x80), 1])))))),
  ],
  ['numbers for bytes', message(bytes(5, named), varint(7 * 8), varint(1))],
];

test('bytes that are no such message are refused', () => {
  for (const [what, body] of malformed)
    assert.throws(
      () => grpcCodec.decode({ body, head: 0 }, modelOf('int64')),
      (error) => error instanceof Refusal && error.status === 400,
      what,
    );
});

test('whatever the bytes are, they are read or refused', () => {
  const valid = ModelInfer.requestSerialize({
    model_name: 'm',
    id: '1',
    parameters: [entry('p', { int64_param: 4 })],
    inputs: [{ ...x, datatype: 'INT64', contents: { int64_contents: [1, -2] } }],
    outputs: [{ name: 'y' }],
  });
  const model = modelOf('int64');
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (let round = 0; round < 3000; round++) {
    const body = Buffer.from(valid);
    for (let flips = 1 + random(3); flips > 0; flips--) body[random(body.length)] = random(256);
    const cut = random(4) === 0 ? body.subarray(0, random(body.length)) : body;
    try {
      grpcCodec.decode({ body: cut, head: 0 }, model);
    } catch (error) {
      assert.ok(error instanceof Refusal, `${String(error)} for ${cut.toString('hex')}`);
    }
  }
});
