import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, openSync, statSync, truncateSync, writeFileSync, writeSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLayout } from '../../src/registry/exchange/layout/layout-source.ts';
import {
  endOfArchive,
  fileHeader,
  parseHeader,
  parsePax,
} from '../../src/registry/exchange/layout/tar-format.ts';
import { tempFolder } from '../support/temp-folder.ts';

const name = `blobs/sha256/${'a'.repeat(64)}`;

test('a header is read as it was written', () => {
  for (const size of [0, 1, 511, 512, 8 ** 11 - 1]) {
    const header = fileHeader(name, size);
    assert.equal(header.length, 512);
    assert.deepEqual(parseHeader(header), { path: name, size, type: '0', mode: 0o644 });
  }
});

test('8 GiB and more stand in a pax record', () => {
  const size = 8 ** 11;
  const blocks = fileHeader(name, size);
  assert.equal(blocks.length, 3 * 512);
  const pax = parseHeader(blocks);
  assert.ok(typeof pax === 'object' && pax.type === 'x');
  assert.deepEqual(parsePax(blocks.subarray(512, 512 + pax.size)), { size });
  assert.throws(() => fileHeader('x'.repeat(101), 1), RangeError);
});

test('other spellings of a size and a name are read, too', () => {
  const header = Buffer.from(fileHeader('x', 0));
  header.fill(0, 124, 136);
  header[124] = 0x80;
  header.writeBigUInt64BE(2n ** 40n, 128);
  header.write('folder', 345);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  assert.deepEqual(parseHeader(header), { path: 'folder/x', size: 2 ** 40, type: '0', mode: 0o644 });
});

test('an archive of 9 GiB is listed, by us and by tar', async (context) => {
  const size = 9 * 2 ** 30;
  const path = join(tempFolder(context), 'large.tar');
  const header = fileHeader(name, size);
  writeFileSync(path, header);
  truncateSync(path, header.length + size);
  const marker = openSync(path, 'a');
  writeSync(marker, fileHeader('oci-layout', 0));
  writeSync(marker, endOfArchive);
  closeSync(marker);
  const layout = await openLayout(path);
  assert.equal(layout.size(name), size);
  assert.equal(layout.size('oci-layout'), 0);
  assert.equal(layout.size('index.json'), undefined);
  await layout.close();
  const { stdout } = spawnSync('tar', ['-tvf', path], { encoding: 'utf8' });
  if (stdout !== null) assert.match(stdout, new RegExp(`${size} 1970-01-01 .* ${name}\n.* oci-layout\n`));
  assert.ok(statSync(path).blocks * 512 < 2 ** 20, 'sparse: nothing of it was written');
});

test('chunks add up to the file', async (context) => {
  const folder = join(tempFolder(context), 'layout');
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const bytes = Buffer.alloc(3_000_001, 'weights ');
  writeFileSync(join(folder, 'x'), bytes);
  const layout = await openLayout(folder);
  const hash = createHash('sha256');
  for await (const chunk of layout.read('x')) hash.update(chunk);
  assert.equal(hash.digest('hex'), createHash('sha256').update(bytes).digest('hex'));
});
