import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isMlregError } from '../../src/core/errors.ts';
import { readOnnxModel } from '../../src/onnx/file/read-model.ts';
import { bytesSource } from '../support/byte-source.ts';
import { graph, model, modelFields, modelFunction, node, tensor } from '../support/onnx-writer.ts';
import { bytes, integer, message, text } from '../support/protobuf-writer.ts';

const fixture = (name: string) => readFileSync(join(import.meta.dirname, '../fixtures', name, 'model.onnx'));
const read = (content: Uint8Array) => readOnnxModel(bytesSource(content));

function refused(content: Uint8Array, message: RegExp): void {
  assert.throws(
    () => read(content),
    (error) => {
      assert.ok(isMlregError(error, 'INVALID_INPUT'), String(error));
      assert.match(error.message, message);
      assert.ok(error.hint);
      return true;
    },
  );
}

/** Refused, or read with a warning. */
function isDoubted(content: Uint8Array): boolean {
  try {
    return read(content).warnings.length > 0;
  } catch (error) {
    assert.ok(isMlregError(error, 'INVALID_INPUT'), String(error));
    return true;
  }
}

/** A small generator of numbers below 2^32 (mulberry32), so that a failure can be repeated. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

const relu = {
  inputs: [tensor('X', 'float32', [4])],
  outputs: [tensor('Y', 'float32', [4])],
  nodes: [node('Relu', ['X'], ['Y'])],
};

for (const name of [
  'iris_zipmap',
  'cars_mixed_inputs',
  'breast_cancer_lr',
  'digits_conv_external',
  'digits_mlp',
]) {
  test(`${name} is refused, or doubted, when cut off at any byte`, () => {
    const content = fixture(name);
    for (let length = 0; length < content.length; length++) {
      assert.ok(
        isDoubted(content.subarray(0, length)),
        `the first ${length} of ${content.length} bytes were read as a model`,
      );
    }
  });
}

test('what a file cut off between top-level fields has lost is noticed, but for metadata and functions at its end', () => {
  const fields = modelFields({
    opset: { '': 17, 'ai.onnx.ml': 3 },
    graph: graph({
      ...relu,
      nodes: [node('Relu', ['X'], ['H']), node('Scaler', ['H'], ['Y'], {}, { domain: 'ai.onnx.ml' })],
    }),
    metadata: { trained: 'yes' },
    functions: [
      modelFunction({
        domain: 'my',
        name: 'F',
        inputs: ['a'],
        outputs: ['b'],
        nodes: [node('Relu', ['a'], ['b'])],
      }),
    ],
  });
  const complete = fields.map((_, count) => !isDoubted(message(fields.slice(0, count))));
  // ir_version, graph, two operator sets; then metadata and the function.
  assert.deepEqual(complete, [false, false, false, false, true, true]);
});

test('a graph that lost its last nodes, outputs or initializers is noticed wherever fields end', () => {
  refused(model({ graph: graph({ ...relu, nodes: [] }) }), /no node produces the output "Y"/);
  refused(model({ graph: graph({ ...relu, inputs: [] }) }), /a node reads "X"/);
  refused(model({ graph: graph({ ...relu, outputs: [] }) }), /no outputs/);
});

test('2000 damaged models are read or refused, never anything else', () => {
  const random = seeded(20240607);
  const originals = ['iris_zipmap', 'cars_mixed_inputs', 'breast_cancer_lr', 'digits_conv_external'].map(
    fixture,
  );
  let refusals = 0;
  for (let round = 0; round < 2000; round++) {
    const content = Buffer.from(originals[round % originals.length]!);
    const changes = 1 + (random() % 4);
    for (let change = 0; change < changes; change++) content[random() % content.length] = random() & 0xff;
    try {
      read(content);
    } catch (error) {
      assert.ok(isMlregError(error, 'INVALID_INPUT'), `round ${round}: ${String(error)}`);
      refusals++;
    }
  }
  assert.ok(refusals > 500 && refusals < 2000, `${refusals} were refused`);
});

test('2000 files of random bytes are refused', () => {
  const random = seeded(7);
  for (let round = 0; round < 2000; round++) {
    const content = Uint8Array.from({ length: 1 + (random() % 200) }, () => random() & 0xff);
    refused(content, /^not a readable ONNX model/);
  }
});

test('files of other kinds are refused', () => {
  refused(new Uint8Array(), /the file is empty/);
  refused(new Uint8Array(4096), /invalid field number/);
  refused(Buffer.from('label,x\n1,2\n'), /^not a readable ONNX model/);
  refused(Buffer.from('{"a": 1}'), /^not a readable ONNX model/);
  refused(Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), /^not a readable ONNX model/);
  refused(Buffer.from('PK\u0003\u0004\u0014\u0000\u0000\u0000'), /^not a readable ONNX model/);
  refused(Buffer.from('\u0080\u0004\u0095', 'latin1'), /^not a readable ONNX model/);
});

test('what an ONNX model must have is demanded', () => {
  const body = bytes(7, graph(relu).bytes);
  const opset = bytes(8, integer(2, 17));
  refused(message(body, opset), /no IR version/);
  refused(message(integer(1, 9), opset), /no graph/);
  refused(message(integer(1, 9), body), /imports no operator set/);
  refused(
    model({ opset: { 'ai.onnx.ml': 3 }, graph: graph(relu) }),
    /uses "Relu" without importing "ai.onnx"/,
  );
  refused(message(integer(1, 9), body, body, opset), /field 7 twice/);
  refused(
    message(integer(1, 9), body, opset, bytes(8, integer(2, 18))),
    /"ai.onnx" twice, as versions 17 and 18/,
  );
  refused(
    model({ graph: graph({ ...relu, inputs: [...relu.inputs, ...relu.inputs] }) }),
    /duplicate input "X"/,
  );
  refused(model({ graph: graph({ ...relu, nodes: [node('', ['X'], ['Y'])] }) }), /no op_type/);
});

test('malformed protobuf is refused', () => {
  const whole = model({ graph: graph(relu) });
  assert.doesNotThrow(() => read(message(whole, text(1000, 'a field of the future'), integer(1001, -1n))));
  refused(message(whole, Uint8Array.of(0x0b)), /wire type 3/);
  refused(message(whole, Uint8Array.of(0x00, 0x00)), /invalid field number/);
  refused(
    message(whole, Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)),
    /more than 64 bits/,
  );
  refused(message(whole, Uint8Array.of(0x08, ...Array<number>(11).fill(0x80))), /more than 64 bits/);
  refused(message(whole, Uint8Array.of(0x08, 0x80)), /truncated inside a number/);
  refused(
    message(whole, Uint8Array.of(0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)),
    /bytes, but only 0 are left/,
  );
  refused(message(whole, bytes(2, new Uint8Array(70_000))), /a name of 70000 bytes/);
  refused(message(whole, integer(2, 5)), /field 2 of ModelProto is not text/);
});

test('graphs nested without end are refused before the stack is', () => {
  let inner = graph(relu);
  for (let depth = 0; depth < 2000; depth++) {
    inner = graph({ ...relu, nodes: [node('If', ['X'], ['Y'], { then_branch: inner })] });
  }
  refused(model({ graph: inner }), /nested more than 100 levels deep/);
});

test('a file of nothing but names is refused before it fills the memory', () => {
  // Two bytes in the file per unknown size, many more in memory.
  const wide = tensor('v', 'float32', Array<null>(1024).fill(null));
  const inputs = Array<typeof wide>(10_000).fill(wide);
  refused(model({ graph: graph({ ...relu, inputs }) }), /too many names/);
});
