import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { hashData } from '../../src/registry/register/data-hash.ts';
import { findGolden } from '../../src/registry/golden/stage-golden.ts';
import { failsWith, fixture, tempFolder } from '../support/temp-folder.ts';
import { add, tempRegistry } from '../support/temp-registry.ts';

const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'7'.repeat(64)}\nsize 437000000\n`;
const page = '<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>';
const onnx = readFileSync(fixture('digits_mlp/model.onnx'));
const pickle = readFileSync(fixture('pickles/logreg.pkl'));

const refused: [name: string, content: string | Buffer, why: RegExp][] = [
  ['model.safetensors', pointer, /"model\.safetensors": this is a Git LFS pointer/],
  ['model.onnx', pointer, /"model\.onnx": this is a Git LFS pointer/],
  ['weights', pointer, /is a Git LFS pointer/],
  ['model.pt', pointer.replaceAll('\n', '\r\n'), /is a Git LFS pointer/],
  ['model.pt', pointer.replace('oid', `ext-0-clean sha256:${'1'.repeat(64)}\noid`), /is a Git LFS pointer/],
  ['model.bin', '/annex/objects/SHA256E-s100--abc.bin\n', /is a git-annex pointer/],
  ['model.onnx', page, /is an HTML page/],
  ['model.bin', `\ufeff\n <!-- saved -->\n${page.toLowerCase()}`, /is an HTML page/],
  ['model.pkl', '<html lang="en">', /is an HTML page/],
  ['model.gguf', `<?xml version="1.0"?>${page}`, /is an HTML page/],
  ['model.onnx', gzipSync(onnx), /is a gzip file/],
  ['model.safetensors', gzipSync('weights'), /is a gzip file/],
  ['model', gzipSync('weights'), /is a gzip file/],
  ['model.onnx', 'ir_version: 8\nproducer_name: "x"\ngraph {\n}\n', /is ONNX in a text format/],
  [
    'model.onnx',
    '<\n  ir_version: 8,\n  opset_import: ["" : 18]\n>\nagraph (x) => (y) {}',
    /is ONNX in a text format/,
  ],
  ['model.onnx', '{\n "irVersion": "8", "graph": {}}', /is ONNX in a text format/],
  ['model.onnx', '{"detail": "no such file"}', /is JSON text/],
  ['model.onnx', '<?xml version="1.0"?><net/>', /is XML text/],
  ['model.onnx', 'Not Found', /is plain text/],
  ['model.safetensors', '{"error": "Repository not found"}', /is JSON text/],
  ['model.pt', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', /is XML text/],
];

test('a file that is called like a model and is something else is refused by its name', async (context) => {
  const registry = await tempRegistry(context);
  for (const [name, content, why] of refused) {
    const path = join(tempFolder(context), name);
    writeFileSync(path, content);
    await assert.rejects(add(registry, 'digits', path), failsWith('INVALID_INPUT', why), `${name} ${why}`);
  }
});

test('what its name says, and a gzipped pickle, are taken without a word', async (context) => {
  const registry = await tempRegistry(context);
  const taken: [name: string, content: string | Buffer][] = [
    ['page.html', page],
    ['model.tar.gz', gzipSync('tar')],
    ['model.joblib', gzipSync(pickle)],
    ['model.pkl', gzipSync(pickle)],
    ['model.bin', gzipSync(pickle)],
    ['model.json', '{"learner": {}}'],
    ['model.txt', 'tree\nversion=v4'],
    ['model.xml', '<?xml version="1.0"?><net/>'],
    ['model.bin', 'weights'],
    ['model.pbtxt', 'ir_version: 8\ngraph {}'],
    ['model.pkl', '(dp0\nS"a"\n.'],
    ['fit.Robj', gzipSync('RDX3\nX\n\0\0\0\x03')],
    ['fit', gzipSync('X\n\0\0\0\x03')],
    ['tagger.model', gzipSync(Buffer.from([0xac, 0xed, 0, 5, 0x73]))],
    // Weights that happen to begin as gzip does.
    ['weights.bin', Buffer.from([0x1f, 0x8b, 0x21, 0x3c, 0, 0, 0x80, 0x3f])],
    ['pointers.txt', 'version https://git-lfs.github.com/spec/v1 is the first line of a pointer.\n'],
  ];
  for (const [name, content] of taken) {
    const path = join(tempFolder(context), name);
    writeFileSync(path, content);
    assert.deepEqual((await add(registry, 'digits', path)).warnings, [], name);
    assert.deepEqual((await hashData(path)).warnings, [], name);
  }
});

test('in a folder and in data it is a warning that names the files', async (context) => {
  const registry = await tempRegistry(context);
  const folder = join(tempFolder(context), 'model');
  mkdirSync(join(folder, 'data'), { recursive: true });
  for (const name of ['a.bin', 'b.bin', 'c.bin', 'data/d.csv']) writeFileSync(join(folder, name), pointer);
  writeFileSync(join(folder, 'e.csv'), page);
  writeFileSync(join(folder, 'README.md'), page);
  const { warnings } = await add(registry, 'digits', folder);
  assert.deepEqual(warnings, (await hashData(folder)).warnings);
  assert.equal(warnings.length, 2);
  const [lfs = '', html = ''] = warnings.sort((a, b) => b.length - a.length);
  assert.match(
    lfs,
    /^"a\.bin", "b\.bin", "c\.bin" and 1 more file: each is a Git LFS pointer; run git lfs pull/,
  );
  assert.match(html, /^"e\.csv": this is an HTML page/);
});

test('the ONNX model of a folder, and its external data, are refused', async (context) => {
  const registry = await tempRegistry(context);
  const folder = join(tempFolder(context), 'model');
  cpSync(fixture('digits_conv_external'), folder, { recursive: true });
  writeFileSync(join(folder, 'weights.bin'), pointer);
  await assert.rejects(
    add(registry, 'digits', folder),
    failsWith('INVALID_INPUT', /"weights\.bin": this is a Git LFS pointer/),
  );
  writeFileSync(join(folder, 'model.onnx'), pointer);
  await assert.rejects(
    add(registry, 'digits', folder),
    failsWith('INVALID_INPUT', /"model\.onnx": this is a Git LFS pointer/),
  );
});

test('a golden set that is a pointer is refused by its name', async (context) => {
  const registry = await tempRegistry(context);
  const golden = join(tempFolder(context), 'golden.json');
  writeFileSync(golden, pointer);
  await assert.rejects(
    add(registry, 'digits', fixture('digits_mlp/model.onnx'), { golden }),
    failsWith('INVALID_INPUT', /"golden\.json": this is a Git LFS pointer/),
  );
  await assert.rejects(
    findGolden(golden, 'inputs'),
    failsWith('INVALID_INPUT', /Git LFS pointer, not inputs/),
  );
});
