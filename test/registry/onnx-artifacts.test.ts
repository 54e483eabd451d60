import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cpSync, linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { constant, graph, model, node, tensor } from '../support/onnx-writer.ts';
import { failsWith, fixture, tempFolder } from '../support/temp-folder.ts';
import { add, ref, tempRegistry } from '../support/temp-registry.ts';

type External = Record<string, string | number>;

function modelWith(external: External): Uint8Array {
  return model({
    graph: graph({
      inputs: [tensor('x', 'float32', [4])],
      outputs: [tensor('y', 'float32', [4])],
      initializers: [constant('float32', [4], { external }, 'W')],
      nodes: [node('Add', ['x', 'W'], ['y'])],
    }),
  });
}

const locations: [what: string, external: External][] = [
  ['above the folder', { location: '../secret' }],
  ['above the folder, by a detour', { location: 'a/../../secret' }],
  ['an absolute path', { location: '/etc/passwd' }],
  ['a Windows path', { location: 'C:\\secret' }],
  ['no location', {}],
  ['an unknown key', { location: 'w.bin', basepath: '/' }],
  ['a negative offset', { location: 'w.bin', offset: '-1' }],
  ['a huge offset', { location: 'w.bin', offset: '99999999999999999999' }],
  ['an offset beyond the file', { location: 'w.bin', offset: 4096 }],
  ['a negative length', { location: 'w.bin', length: '-16' }],
  ['a length beyond the file', { location: 'w.bin', length: 4096 }],
  ['a file that is not in the artifact', { location: 'other.bin' }],
  ['a file that is there in another case only', { location: 'W.bin' }],
];

for (const [what, external] of locations) {
  test(`external data is refused: ${what}`, async (context) => {
    const registry = await tempRegistry(context);
    const parent = tempFolder(context);
    const folder = join(parent, 'model');
    mkdirSync(folder);
    writeFileSync(join(parent, 'secret'), randomBytes(64));
    writeFileSync(join(folder, 'w.bin'), randomBytes(16));
    writeFileSync(join(folder, 'model.onnx'), modelWith(external));
    await assert.rejects(add(registry, 'digits', folder), failsWith('INVALID_INPUT', /^"model\.onnx": /));
    assert.deepEqual(readdirSync(join(registry.home, 'blobs', 'sha256')), []);
    assert.deepEqual(readdirSync(join(registry.home, 'tmp')), []);
  });
}

test('external data that is a hard link is refused', async (context) => {
  const registry = await tempRegistry(context);
  const parent = tempFolder(context);
  const folder = join(parent, 'model');
  mkdirSync(join(folder, 'sub'), { recursive: true });
  writeFileSync(join(parent, 'secret'), randomBytes(16));
  linkSync(join(parent, 'secret'), join(folder, 'sub', 'w.bin'));
  writeFileSync(join(folder, 'sub', 'model.onnx'), modelWith({ location: 'w.bin' }));
  await assert.rejects(
    add(registry, 'digits', folder),
    failsWith('INVALID_INPUT', /"sub\/w\.bin" has more than one hard link/),
  );
});

test('external data in a folder below the model is found', async (context) => {
  const registry = await tempRegistry(context);
  const folder = tempFolder(context);
  mkdirSync(join(folder, 'onnx', 'data'), { recursive: true });
  writeFileSync(join(folder, 'onnx', 'data', 'w.bin'), randomBytes(16));
  writeFileSync(join(folder, 'onnx', 'model.onnx'), modelWith({ location: 'data/w.bin' }));
  await add(registry, 'digits', folder);
  const record = await registry.metadata.latest(ref('digits').name);
  assert.equal(record?.entry, 'onnx/model.onnx');
  assert.deepEqual(record?.onnx?.externalData, ['data/w.bin']);
});

const whole = readFileSync(fixture('digits_mlp/model.onnx'));
const broken: [what: string, bytes: Uint8Array][] = [
  ['random bytes', randomBytes(5000)],
  ['half of a model', whole.subarray(0, whole.length >> 1)],
  ['a model without its last byte', whole.subarray(0, -1)],
  ['a pickle', readFileSync(fixture('pickles/logreg.pkl'))],
  ['text', Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:abc\n')],
  ['zeros', new Uint8Array(100)],
];

for (const [what, bytes] of broken) {
  test(`a file that ends in .onnx is refused: ${what}`, async (context) => {
    const registry = await tempRegistry(context);
    const path = join(tempFolder(context), 'Model.ONNX');
    writeFileSync(path, bytes);
    await assert.rejects(add(registry, 'digits', path), failsWith('INVALID_INPUT', /^"Model\.ONNX": /));
    assert.deepEqual(readdirSync(join(registry.home, 'tmp')), []);
  });
}

test('--entry reads a model whatever its name is, and refuses what is none', async (context) => {
  const registry = await tempRegistry(context);
  const folder = tempFolder(context);
  cpSync(fixture('digits_mlp/model.onnx'), join(folder, 'model.bin'));
  writeFileSync(join(folder, 'notes.txt'), 'not a model');
  assert.equal((await add(registry, 'digits', folder, { entry: 'model.bin' })).format, 'onnx');
  await assert.rejects(add(registry, 'digits', folder, { entry: 'notes.txt' }), failsWith('INVALID_INPUT'));
});
