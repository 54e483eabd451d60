import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hexOf, type Digest } from '../../src/core/versions/artifact.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import {
  constant,
  graph,
  model,
  node,
  reals,
  tensor,
  value,
  types,
  type GraphOptions,
  type ModelOptions,
} from '../support/onnx-writer.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, tempRegistry } from '../support/temp-registry.ts';

const weights = (values: number[], typed = false) =>
  constant('float32', [values.length], values, 'W', { typed });
const parts: GraphOptions = {
  inputs: [tensor('X', 'float32', ['N', 3])],
  outputs: [tensor('Y', 'float32', ['N', 3])],
  initializers: [weights([1, 2, 3])],
  nodes: [node('Add', ['X', 'W'], ['Y'])],
};
const build = (changed: GraphOptions = {}, around: ModelOptions = {}): Uint8Array =>
  model({ ...around, graph: graph({ ...parts, ...changed }) });

/** Registers files, by path, as the next version; one alone is no folder. */
async function next(
  registry: Registry,
  context: Cleanup,
  files: Record<string, Uint8Array | string>,
  rest: Parameters<typeof add>[3] = {},
): Promise<string> {
  const folder = tempFolder(context);
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  const [first = ''] = Object.keys(files);
  const single = Object.keys(files).length === 1 && !first.includes('/');
  const { version, bumpReason } = await add(registry, 'm', single ? join(folder, first) : folder, rest);
  return `${version} ${bumpReason}`;
}

const labels: Record<string, [Uint8Array, string]> = {
  'the IR version': [build({}, { irVersion: 10 }), 'a different IR version'],
  'the producer': [build({}, { producer: { name: 'pytorch', version: '2.13' } }), 'a different producer'],
  'the domain and version of the model': [
    build({}, { modelVersion: 7, domain: 'com.acme' }),
    'a different model domain and a different model version',
  ],
  'doc strings of model and graph': [
    build({ docString: 'said' }, { docString: 'more' }),
    'different doc strings',
  ],
  'the doc string of an input': [
    build({ inputs: [value('X', types.tensor('float32', ['N', 3]), 'features')] }),
    'different doc strings',
  ],
  'the doc string and name of a node': [
    build({ nodes: [node('Add', ['X', 'W'], ['Y'], {}, { name: 'add', docString: 'adds' })] }),
    'different node or graph names and different doc strings',
  ],
  'metadata_props of the model': [build({}, { metadata: { c: 'd' } }), 'different metadata_props'],
  'metadata of the graph': [build({ metadata: { a: 'b' } }), 'different metadata_props'],
  'the name of the graph': [build({ name: 'other' }), 'different node or graph names'],
  value_info: [
    build({ valueInfo: [tensor('H', 'float32', ['N', 2])] }),
    'different shapes of intermediate values',
  ],
  'training information': [build({}, { training: [graph(parts)] }), 'different training information'],
  'float_data in place of raw_data': [
    build({ initializers: [weights([1, 2, 3], true)] }),
    'a different weight encoding',
  ],
};

test('where the weights are the same, the reason says what else of the model changed', async (context) => {
  for (const [what, [bytes, reason]] of Object.entries(labels)) {
    const registry = await tempRegistry(context);
    await next(registry, context, { 'm.onnx': build() });
    assert.equal(
      await next(registry, context, { 'm.onnx': bytes }),
      `1.0.1 the same graph and weights as 1.0.0, with ${reason}`,
      what,
    );
  }
});

test('a few numbers of a Constant that an operator takes for weights are weights', async (context) => {
  const registry = await tempRegistry(context);
  const withBias = (bias: number[]): Uint8Array => {
    const nodes = [
      node('Constant', [], ['B'], { value_floats: reals(bias) }),
      node('Gemm', ['X', 'W', 'B'], ['Y']),
    ];
    return build({ nodes, initializers: [constant('float32', [3, 3], Array<number>(9).fill(1), 'W')] });
  };
  await next(registry, context, { 'm.onnx': withBias([1, 2, 3]) });
  assert.equal(
    await next(registry, context, { 'm.onnx': withBias([1, 2, 4]) }),
    '1.0.1 the weights changed since 1.0.0; the graph is the same',
  );
});

const floats = (...values: number[]): Buffer => Buffer.from(new Float32Array(values).buffer);
const inFile = (location: string, offset = 0) =>
  build({ initializers: [constant('float32', [3], { external: { location, offset } }, 'W')] });

test('weights that moved to another file are the same weights', async (context) => {
  const registry = await tempRegistry(context);
  const stored = 'a different weight location';
  const steps: [Record<string, Uint8Array | string>, string][] = [
    [{ 'm.onnx': build(), 'a.txt': 'a' }, '1.0.0 no release to compare with'],
    [
      { 'm.onnx': inFile('w.bin'), 'w.bin': floats(1, 2, 3), 'a.txt': 'a' },
      `1.0.1 the same graph and weights as 1.0.0, with a different weight encoding and ${stored}`,
    ],
    [
      { 'm.onnx': inFile('w.bin', 4), 'w.bin': floats(0, 1, 2, 3), 'a.txt': 'a' },
      `1.0.2 the same graph and weights as 1.0.1, with ${stored}`,
    ],
    [
      { 'm.onnx': inFile('v.bin', 4), 'v.bin': floats(0, 1, 2, 3), 'a.txt': 'b' },
      `1.0.3 the same graph and weights as 1.0.2, with ${stored}; a.txt changed`,
    ],
    [
      { 'm.onnx': inFile('v.bin', 4), 'v.bin': floats(7, 1, 2, 3), 'a.txt': 'b' },
      '1.0.4 the same graph and weights as 1.0.3, with different bytes',
    ],
    [
      { 'm.onnx': inFile('v.bin', 4), 'v.bin': floats(7, 1, 2, 4), 'a.txt': 'c' },
      '1.0.5 the weights changed since 1.0.4; the graph is the same',
    ],
    [
      { 'm.onnx': inFile('v.bin', 4), 'v.bin': floats(7, 1, 2, 4), 'a.txt': 'c', 'b/c.txt': '' },
      '1.0.6 the same graph and weights as 1.0.5: b/c.txt was added',
    ],
    [
      { 'n.onnx': inFile('v.bin', 4), 'v.bin': floats(7, 1, 2, 4), 'a.txt': 'c', 'b/c.txt': '' },
      '1.0.7 the same bytes as 1.0.6, under another name: m.onnx was renamed to n.onnx',
    ],
  ];
  for (const [files, expected] of steps) assert.equal(await next(registry, context, files), expected);
  assert.deepEqual((await verify(registry, {})).problems, []);
});

test('bytes that an older version has are told, under whatever name and number', async (context) => {
  const registry = await tempRegistry(context);
  const [a, b] = [build(), build({ initializers: [weights([4, 5, 6])] })];
  assert.equal(await next(registry, context, { 'a.onnx': a }), '1.0.0 no release to compare with');
  assert.equal(
    await next(registry, context, { 'b.onnx': a }),
    '1.0.1 the same bytes as 1.0.0, under another name: a.onnx was renamed to b.onnx',
  );
  assert.equal(
    await next(registry, context, { 'b.onnx': b }),
    '1.0.2 the weights changed since 1.0.1; the graph is the same',
  );
  const again = { ifExists: 'new' } as const;
  assert.equal(
    await next(registry, context, { 'a.onnx': a }, again),
    '1.0.3 the weights changed since 1.0.2; the graph is the same; same bytes as 1.0.0',
  );
  assert.equal(
    await next(registry, context, { 'c.onnx': b }),
    '1.0.4 the weights changed since 1.0.3; the graph is the same; same bytes as 1.0.2, under another name',
  );
  assert.equal(
    await next(registry, context, { 'a.onnx': a }, { ...again, number: { kind: 'bump', level: 'minor' } }),
    '1.1.0 minor bump requested; same bytes as 1.0.3',
  );
  const metadata = { tags: { a: 'b' } };
  assert.equal(
    await next(registry, context, { 'a.onnx': a }, { metadata }),
    '1.1.1 the same bytes as 1.1.0, with different metadata',
  );
});

test('with another file of the folder as the model, the signatures are compared', async (context) => {
  const registry = await tempRegistry(context);
  const files = {
    'a.onnx': build(),
    'b.onnx': build({ inputs: [tensor('Z', 'float32', ['N', 3])], nodes: [node('Add', ['Z', 'W'], ['Y'])] }),
  };
  await next(registry, context, files, { entry: 'a.onnx' });
  assert.match(
    await next(registry, context, files, { entry: 'b.onnx' }),
    /^2\.0\.0 inputs or outputs changed since 1\.0\.0: input X: .* was removed/,
  );
});

test('stored bytes that are gone or damaged do not keep a model from being registered', async (context) => {
  for (const harm of ['gone', 'damaged']) {
    const registry = await tempRegistry(context);
    const folder = tempFolder(context);
    writeFileSync(join(folder, 'm.onnx'), build());
    const { files } = await add(registry, 'm', join(folder, 'm.onnx'));
    const blob = join(registry.home, 'blobs', 'sha256', hexOf(files[0]?.digest as Digest));
    rmSync(blob);
    if (harm === 'damaged') writeFileSync(blob, 'no model');
    assert.equal(
      await next(registry, context, { 'm.onnx': build({ initializers: [weights([4, 5, 6])] }) }),
      '1.0.1 the bytes changed since 1.0.0; the graph is the same, but the weights cannot be compared',
    );
  }
});

test('several at once are each compared with the one before', async (context) => {
  const registry = await tempRegistry(context);
  const folder = tempFolder(context);
  const all = [1, 2, 3, 4, 5].map(async (first) => {
    const file = join(folder, `${first}`, 'm.onnx');
    mkdirSync(join(file, '..'));
    writeFileSync(file, build({ initializers: [weights([first, 2, 3])] }));
    return (await add(registry, 'm', file)).bumpReason;
  });
  assert.deepEqual((await Promise.all(all)).toSorted(), [
    'no release to compare with',
    'the weights changed since 1.0.0; the graph is the same',
    'the weights changed since 1.0.1; the graph is the same',
    'the weights changed since 1.0.2; the graph is the same',
    'the weights changed since 1.0.3; the graph is the same',
  ]);
});
