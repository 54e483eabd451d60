import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { spawnSync } from 'node:child_process';
import { cpSync, linkSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../src/core/versions/artifact.ts';
import type { Descriptor } from '../../src/core/versions/oci-layout.ts';
import { nextBelow, seededRandom } from '../../src/core/seeded-random.ts';
import { importVersions } from '../../src/registry/exchange/import.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import {
  anyBlob,
  folderOf,
  openHostileLayouts,
  tarFile,
  type HostileLayouts,
} from '../support/hostile-layouts.ts';
import { blobOf, jsonOf, tarEntry, tarOf, type Json, type Layout } from '../support/layouts.ts';
import { digestOfText } from '../support/metadata-samples.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { tempRegistry } from '../support/temp-registry.ts';

let whole: Layout;
let assertRefused: HostileLayouts['assertRefused'];
const cleanups: (() => void | Promise<void>)[] = [];

before(async () => {
  const cleanup = { after: (action: () => void | Promise<void>): void => void cleanups.push(action) };
  ({ whole, assertRefused } = await openHostileLayouts(cleanup));
});

after(async () => {
  for (const action of cleanups.toReversed()) await action();
});

test('one changed byte anywhere in a folder is noticed', async (context) => {
  const random = seededRandom(8);
  const folder = folderOf(context, whole);
  for (const [path, bytes] of whole) {
    const places =
      path === 'index.json' || path === 'oci-layout'
        ? Array.from({ length: bytes.length }, (_, index) => index)
        : [0, bytes.length - 1, nextBelow(random, bytes.length)];
    for (const place of places.filter((_, index) => index % (path === 'index.json' ? 5 : 1) === 0)) {
      const changed = Buffer.from(bytes);
      changed[place] = (changed[place] ?? 0) ^ (1 << nextBelow(random, 8));
      writeFileSync(join(folder, path), changed);
      await assertRefused(folder).catch((error: Error) => {
        throw new Error(`byte ${place} of ${path}: ${error.message}`, { cause: error });
      });
    }
    writeFileSync(join(folder, path), bytes);
  }
});

const without = (path: string) => (layout: Layout) => void layout.delete(path);
const set = (path: string, text: string) => (layout: Layout) => void layout.set(path, Buffer.from(text));
const index = (edit: (manifests: Descriptor[], index: Json) => unknown) => (layout: Layout) => {
  const json = jsonOf(layout, 'index.json');
  edit(json['manifests'] as Descriptor[], json);
  layout.set('index.json', Buffer.from(JSON.stringify(json)));
};
/** As another tool would write it: without a digest of its own. */
const foreignIndex = (edit: (manifests: Descriptor[]) => unknown) =>
  index((manifests, json) => {
    delete json['annotations'];
    edit(manifests);
  });

const layouts: [what: string, message: RegExp, edit: (layout: Layout) => unknown][] = [
  ['no oci-layout', /oci-layout is missing/, without('oci-layout')],
  ['an oci-layout of another version', /"2\.0\.0"/, set('oci-layout', '{"imageLayoutVersion":"2.0.0"}')],
  ['an oci-layout that is no JSON', /not valid JSON/, set('oci-layout', 'x')],
  ['a long oci-layout', /limit is 4096/, set('oci-layout', ' '.repeat(5000))],
  ['no index', /index\.json is missing/, without('index.json')],
  ['an index that is no JSON', /not valid JSON/, set('index.json', '[')],
  ['an index that is not UTF-8', /UTF-8/, (layout) => layout.set('index.json', Buffer.from([0xff]))],
  ['a deep index', /nested more than/, set('index.json', '['.repeat(100) + ']'.repeat(100))],
  ['a prototype key', /__proto__/, set('index.json', '{"schemaVersion":2,"manifests":[],"__proto__":{}}')],
  [
    'a key that stands twice',
    /duplicate key/,
    set('index.json', '{"schemaVersion":2,"manifests":[],"manifests":[]}'),
  ],
  ['an empty index', /no model in this layout/, set('index.json', '{"schemaVersion":2,"manifests":[]}')],
  ['another annotation of the index', /annotations/, index((_, json) => (json['annotations'] = { a: 'b' }))],
  ['an index that was changed', /does not match its digest/, index((manifests) => manifests.pop())],
  [
    'a manifest that is missing',
    /is missing/,
    foreignIndex(([one]) => one && (one.digest = digestOfText('x'))),
  ],
  [
    'a digest that is none',
    /digest/,
    foreignIndex(([one]) => one && (one.digest = 'sha256:../../x' as Digest)),
  ],
  [
    'another algorithm',
    /digest/,
    foreignIndex(([one]) => one && (one.digest = `sha512:${'0'.repeat(128)}` as Digest)),
  ],
  ['a size that lies', /bytes, expected/, foreignIndex(([one]) => one && (one.size += 1))],
  ['a negative size', /size/, foreignIndex(([one]) => one && (one.size = -1))],
  ['no version beside the artifact', /the layout has 2 artifacts/, foreignIndex((all) => all.splice(1, 1))],
  [
    'manifests without end',
    /manifests/,
    foreignIndex((all) => all.push(...Array.from({ length: 30_000 }, () => all[0] as Descriptor))),
  ],
];

for (const [what, message, edit] of layouts) {
  test(`a layout is refused for ${what}`, async (context) => {
    const layout = new Map(whole);
    edit(layout);
    await assertRefused(folderOf(context, layout), undefined, message);
  });
}

test('a folder that is no layout is told so, whatever else is in it', async (context) => {
  const folder = tempFolder(context);
  symlinkSync('/dev/null', join(folder, 'link'));
  await assertRefused(folder, 'INVALID_INPUT', /^not an OCI image layout: oci-layout is missing$/);
  const linked = folderOf(context, whole);
  symlinkSync('/dev/null', join(linked, 'link'));
  await assertRefused(linked, 'INVALID_INPUT', /link" cannot be imported: it is a symbolic link/);
});

for (const kind of ['folder', 'tar']) {
  test(`a blob that is missing, other, longer or shorter, in a ${kind}`, async (context) => {
    for (const path of [...whole.keys()].filter((name) => name.startsWith('blobs/'))) {
      const bytes = Buffer.from(whole.get(path) ?? []);
      const other = Buffer.from(bytes);
      other[0] = (other[0] ?? 0) ^ 1;
      for (const harmed of [undefined, other, Buffer.concat([bytes, bytes]), bytes.subarray(1)]) {
        const layout = new Map(whole);
        if (harmed === undefined) layout.delete(path);
        else layout.set(path, harmed);
        const place = kind === 'tar' ? tarFile(context, tarOf(layout)) : folderOf(context, layout);
        await assertRefused(place, 'INTEGRITY');
      }
    }
  });
}

test('links and devices in a folder are refused, and nothing is followed', async (context) => {
  const outside = join(tempFolder(context), 'secret');
  writeFileSync(outside, 'secret');
  const changes: ((folder: string) => unknown)[] = [
    (folder) => symlinkSync(outside, join(folder, 'x')),
    (folder) => {
      rmSync(join(folder, 'index.json'));
      symlinkSync(outside, join(folder, 'index.json'));
    },
    (folder) => {
      cpSync(join(folder, 'blobs'), join(folder, 'copy'), { recursive: true });
      rmSync(join(folder, 'blobs'), { recursive: true });
      symlinkSync('copy', join(folder, 'blobs'));
    },
    (folder) => spawnSync('mkfifo', [join(folder, 'fifo')]),
  ];
  for (const change of changes) {
    const folder = folderOf(context, whole);
    change(folder);
    await assertRefused(folder, 'INVALID_INPUT', /symbolic link|FIFO/);
  }
  const link = join(tempFolder(context), 'link.tar');
  symlinkSync(tarFile(context, tarOf(whole)), link);
  await assertRefused(link, 'INVALID_INPUT', /symbolic link/);
  const fifo = join(tempFolder(context), 'fifo.tar');
  spawnSync('mkfifo', [fifo]);
  await assertRefused(fifo, 'INVALID_INPUT', /not a regular file/);
});

test('what else lies in a layout is passed over', async (context) => {
  const registry = await tempRegistry(context);
  const more = new Map(whole)
    .set(blobOf(digestOfText('x')), Buffer.from('x'))
    .set('README', Buffer.from('x'));
  const { changed } = await importVersions(registry, { path: folderOf(context, more) });
  assert.equal(changed, true);
  const tar = tarOf(new Map([...more].toReversed()), tarEntry('./', '', '5'), tarEntry('more/', '', '5'));
  assert.equal((await importVersions(registry, { path: tarFile(context, tar) })).changed, false);
  assert.equal((await verify(registry, {})).ok, true);
  assert.equal(readdirSync(join(registry.home, 'blobs/sha256')).includes(digestOfText('x').slice(7)), false);
});

test('a hard link in a folder is a file', async (context) => {
  const registry = await tempRegistry(context);
  const folder = folderOf(context, whole);
  linkSync(join(folder, anyBlob(whole)), join(tempFolder(context), 'other-name'));
  assert.equal((await importVersions(registry, { path: folder })).changed, true);
});
