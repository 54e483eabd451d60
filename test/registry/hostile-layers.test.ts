import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { importVersions } from '../../src/registry/exchange/import.ts';
import { foreignLayout, kitConfig, tarred, titled } from '../support/foreign-layouts.ts';
import { sealed, tarEntry, writeLayout, type Layout } from '../support/layouts.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { tempRegistry, type TempRegistry } from '../support/temp-registry.ts';

/** Archives in a model of another tool that try to do more than hold files. */

const cleanups: (() => void | Promise<void>)[] = [];
const cleanup: Cleanup = { after: (action) => void cleanups.push(action) };
let target: TempRegistry;
before(async () => {
  target = await tempRegistry(cleanup);
});
test.after(async () => {
  for (const action of cleanups.toReversed()) await action();
});

const model = readFileSync(fixture('digits_mlp/model.onnx'));
const config = kitConfig({ package: { name: 'digits' } });

function layoutOf(bytes: Uint8Array, suffix = ''): Layout {
  return foreignLayout({
    config,
    layers: [{ mediaType: `application/vnd.kitops.modelkit.model.v1.tar${suffix}`, bytes }],
  });
}

async function refused(
  context: Cleanup,
  layout: Layout,
  message: RegExp,
  code: 'INVALID_INPUT' | 'INTEGRITY' = 'INVALID_INPUT',
): Promise<void> {
  const path = writeLayout(layout, join(tempFolder(context), 'layout'));
  await assert.rejects(importVersions(target, { path }), failsWith(code, message));
  assert.equal((await target.metadata.events({ limit: 9 })).length, 1);
  for (const folder of ['tmp', 'blobs/sha256']) assert.deepEqual(readdirSync(join(target.home, folder)), []);
}

const good = tarEntry('model.onnx', model);
const pax = (record: string): Buffer =>
  tarEntry('pax', `${Buffer.byteLength(record) + (Buffer.byteLength(record) < 7 ? 3 : 4)} ${record}\n`, 'x');
function sized(size: number): Buffer {
  const header = Buffer.from(tarEntry('big.bin', ''));
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  return sealed(header);
}

const archives: [what: string, bytes: Uint8Array, message: RegExp][] = [
  ['a symbolic link', tarred({}, good, tarEntry('x', '', '2', '/etc/passwd')), /symbolic link: "x"/],
  ['a hard link', tarred({}, good, tarEntry('x', '', '1', 'model.onnx')), /hard link/],
  ['a device', tarred({}, good, tarEntry('x', '', '3')), /device/],
  ['a FIFO', tarred({}, good, tarEntry('x', '', '6')), /FIFO/],
  ['a sparse file', tarred({}, good, tarEntry('x', '', 'S')), /sparse/],
  ['a sparse file of pax', tarred({}, pax('GNU.sparse.major=1'), good), /sparse/],
  ['an unknown kind of entry', tarred({}, good, tarEntry('x', '', 'Z')), /type "Z"/],
  ['a name with ..', tarred({ '../x': 'a' }, good), /"\.\.\/x".*"\.\." part/],
  ['a name with .. within', tarred({ 'a/../../x': 'a' }, good), /"\.\." part/],
  ['an absolute name', tarred({ '/etc/x': 'a' }, good), /absolute/],
  ['an absolute name of pax', tarred({}, pax('path=/etc/x'), good), /absolute/],
  ['a backslash', tarred({ 'a\\b': 'a' }, good), /backslash/],
  ['a file twice', tarred({}, good, good), /appears twice/],
  ['two names that differ in case', tarred({ 'Model.onnx': 'a' }, good), /only in case/],
  ['a file that is a folder', tarred({ a: '', 'a/b': '' }, good), /is a file/],
  ['a path for all entries', tarred({}, tarEntry('g', '10 path=x\n', 'g'), good), /global header/],
  [
    'a name that is not UTF-8',
    tarred({}, tarEntry('x', Buffer.from([0xff, 0xfe, 0]), 'L'), good),
    /not UTF-8/,
  ],
  [
    'a header of megabytes',
    tarred({}, tarEntry('x', Buffer.alloc(1 << 20), 'x'), good),
    /header is too large/,
  ],
  ['something behind its end', Buffer.concat([tarred({}, good), Buffer.from('x')]), /after the end/],
  ['no end', good, /truncated/],
  ['a size beyond its end', tarred({}, sized(1 << 30)), /declares files of 1073741824 bytes/],
  ['no archive', Buffer.from('x'.repeat(600)), /not a tar archive/],
];
for (const [what, bytes, message] of archives) {
  test(`a layer is refused for ${what}, packed or not`, async (context) => {
    await refused(context, layoutOf(bytes), message);
    if (what !== 'a size beyond its end') await refused(context, layoutOf(gzipSync(bytes), '+gzip'), message);
  });
}

const git = /git takes it for a repository/;
const paths: [path: string, message: RegExp][] = [
  ['.git/config', git],
  ['a/.GIT', git],
  ['.git. ./hooks/x', git],
  ['GIT~1/config', git],
  ['.git::$INDEX_ALLOCATION/config', git],
  ['a\u202eb.bin', /format character/],
  ['.g\u200cit/config', /format character/],
  ['a\u0085b', /control or format character/],
  ['.mlreg-pull.json', /registers no file or folder of this name/],
  ['a/__pycache__/x.pyc', /registers no file or folder of this name/],
  ['.DS_Store', /registers no file or folder of this name/],
  ['.mlregignore', /setting of mlreg register/],
];
for (const [path, message] of paths) {
  test(`the path ${JSON.stringify(path)} is refused, in an archive or as a title`, async (context) => {
    await refused(context, layoutOf(tarred({}, good, pax(`path=${path}`), tarEntry('x', ''))), message);
    const layers = [titled('model.onnx', model), titled(path, Buffer.from('x'))];
    const annotations = { 'org.opencontainers.image.title': 'digits' };
    await refused(context, foreignLayout({ layers, annotations }), message);
  });
}

test('a bad path has a hint for somebody who imports', async (context) => {
  for (const path of ['a\\b', '.git/config']) {
    const layout = writeLayout(layoutOf(tarred({ [path]: 'a' }, good)), join(tempFolder(context), 'layout'));
    await assert.rejects(importVersions(target, { path: layout }), ({ hint }: { hint?: string }) => {
      assert.match(hint ?? '', /^get its files with the tool that made it, remove or rename this one/);
      return true;
    });
  }
});

test('a layer that unpacks to far more than its own size is refused, by what it declares and by what comes', async (context) => {
  const declared = gzipSync(tarred({}, sized(80 * 1024 * 1024)));
  await refused(context, layoutOf(declared, '+gzip'), /declares files of 83886080 bytes/);
  // A folder may declare a size, too; its bytes are skipped.
  const header = Buffer.from(tarEntry('d/', '', '5'));
  header.write(`${(80 * 1024 * 1024).toString(8).padStart(11, '0')}\0`, 124);
  const real = Buffer.concat([sealed(header), Buffer.alloc(80 * 1024 * 1024)]);
  await refused(context, layoutOf(zstdCompressSync(real), '+zstd'), /unpacks to more than \d+ bytes/);
  await refused(context, layoutOf(gzipSync(real), '+gzip'), /unpacks to more than \d+ bytes/);
});

test('a model with too many files is refused; data may have more of them', async (context) => {
  const empty = (count: number): Buffer =>
    gzipSync(tarred({}, ...Array.from({ length: count }, (_, at) => tarEntry(`f${at}`, ''))));
  const single = (count: number) =>
    Array.from({ length: count }, (_, at) => titled(`single-${at}`, new Uint8Array()));
  const annotations = { 'org.opencontainers.image.title': 'digits' };
  const packed = {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    bytes: empty(3),
    annotations: { 'io.deis.oras.content.unpack': 'true' },
  };
  await refused(
    context,
    foreignLayout({ annotations, layers: [packed, ...single(9_998)] }),
    /the model has more than 10000 files, which is the limit/,
  );
  await refused(
    context,
    foreignLayout({ annotations, layers: single(10_001) }),
    /the model has 10001 files; the limit is 10000/,
  );
  const mediaType = 'application/vnd.kitops.modelkit.dataset.v1.tar+gzip';
  const data = foreignLayout({ config, layers: [{ mediaType, bytes: empty(100_001) }] });
  await refused(context, data, /the artifact has more than 100000 files, which is the limit/);
});

test('a layer of another compression than its type says is refused', async (context) => {
  await refused(context, layoutOf(tarred({}, good), '+gzip'), /not gzip, or damaged/);
  await refused(context, layoutOf(gzipSync(tarred({}, good)), '+zstd'), /not zstd, or damaged/);
});

test('a changed bit in a layer, the config or a manifest is damage, not bad input', async (context) => {
  for (const [bytes, suffix] of [
    [tarred({}, good), ''],
    [gzipSync(tarred({}, good)), '+gzip'],
    [zstdCompressSync(tarred({}, good)), '+zstd'],
  ] as const) {
    const layout = layoutOf(bytes, suffix);
    for (const path of layout.keys()) {
      if (!path.startsWith('blobs/')) continue;
      const size = layout.get(path)?.length ?? 0;
      for (const at of [0, Math.floor(size / 2), size - 1]) {
        const copy = Buffer.from(layout.get(path) ?? []);
        copy[at] = (copy[at] ?? 0) ^ 1;
        await refused(context, new Map(layout).set(path, copy), /does not match its digest/, 'INTEGRITY');
      }
      const without = new Map(layout);
      without.delete(path);
      await refused(context, without, /is missing/, 'INTEGRITY');
    }
  }
});
