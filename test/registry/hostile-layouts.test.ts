import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  linkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Digest } from '../../src/core/digest.ts';
import { MlregError } from '../../src/core/errors.ts';
import type { Descriptor } from '../../src/core/oci-layout.ts';
import { nextBelow, seededRandom } from '../../src/core/seeded-random.ts';
import { exportVersions } from '../../src/registry/export.ts';
import { importVersions } from '../../src/registry/import.ts';
import { fileHeader } from '../../src/registry/layout/tar-format.ts';
import { tag } from '../../src/registry/tag.ts';
import { verify } from '../../src/registry/verify.ts';
import { digestOfText } from '../support/metadata-samples.ts';
import {
  blobOf,
  jsonOf,
  readLayout,
  rehash,
  reindex,
  sealed,
  tarEntry,
  tarOf,
  withDocument,
  writeLayout,
  type Json,
  type Layout,
} from '../support/layouts.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, exact, ref, tempRegistry, type TempRegistry } from '../support/temp-registry.ts';

/** An export of one version with a golden set and a tag that was set later. */
let whole: Layout;
let target: TempRegistry;
const cleanups: (() => void | Promise<void>)[] = [];
const cleanup: Cleanup = { after: (action) => void cleanups.push(action) };

before(async () => {
  const registry = await tempRegistry(cleanup);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'), {
    metadata: { metrics: { auc: 0.9 }, tags: { team: 'vision' } },
    golden: fixture('digits_mlp/golden.json'),
  });
  await tag(registry, { ref: exact('digits@1.0.0'), set: { owner: 'ada' }, remove: [] });
  const output = join(tempFolder(cleanup), 'layout');
  await exportVersions(registry, { refs: [ref('digits')], output });
  whole = readLayout(output);
  target = await tempRegistry(cleanup);
});

after(async () => {
  for (const action of cleanups.toReversed()) await action();
});

/** Refused with exit code 2 or 6, nothing imported, nothing left. */
async function assertRefused(
  path: string,
  code?: 'INVALID_INPUT' | 'INTEGRITY',
  message?: RegExp,
): Promise<void> {
  await assert.rejects(importVersions(target, { path }), (error) => {
    const found = error instanceof MlregError ? error.code : String((error as Error).stack);
    assert.ok(found === 'INVALID_INPUT' || found === 'INTEGRITY', found);
    return failsWith(code ?? found, message)(error);
  });
  assert.equal((await target.metadata.events({ limit: 9 })).length, 1);
  assert.deepEqual(readdirSync(join(target.home, 'tmp')), []);
  assert.deepEqual(readdirSync(join(target.home, 'blobs/sha256')), []);
}

function tarFile(context: Cleanup, bytes: Uint8Array): string {
  const path = join(tempFolder(context), 'a.tar');
  writeFileSync(path, bytes);
  return path;
}

const folderOf = (context: Cleanup, layout: Layout): string =>
  writeLayout(layout, join(tempFolder(context), 'layout'));

const anyBlob = () => [...whole.keys()].find((path) => path.startsWith('blobs/')) ?? '';
const first = (layout: Layout): Descriptor[] => jsonOf(layout, 'index.json')['manifests'] as Descriptor[];

test('one changed byte anywhere in an archive is noticed', async (context) => {
  const bytes = tarOf(whole);
  const random = seededRandom(7);
  const path = tarFile(context, bytes);
  // Every byte of what frames the files, and some of the rest.
  const places = new Set(Array.from({ length: 150 }, () => nextBelow(random, bytes.length)));
  for (let at = 0; at < 2 * 512 + 60; at += 7) places.add(at);
  for (let at = bytes.length - 1024; at < bytes.length; at += 97) places.add(at);
  for (const place of places) {
    const changed = Buffer.from(bytes);
    changed[place] = (changed[place] ?? 0) ^ (1 << nextBelow(random, 8));
    writeFileSync(path, changed);
    await assertRefused(path).catch((error: Error) => {
      throw new Error(`byte ${place} of ${bytes.length}: ${error.message}`, { cause: error });
    });
  }
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

test('an archive that was cut is noticed, wherever', async (context) => {
  const bytes = tarOf(whole);
  const path = tarFile(context, bytes);
  const random = seededRandom(9);
  const cuts = [0, 1, 511, 512, 1023, bytes.length - 1, bytes.length - 512, bytes.length - 1024];
  for (const cut of [...cuts, ...Array.from({ length: 40 }, () => nextBelow(random, bytes.length))]) {
    writeFileSync(path, bytes.subarray(0, cut));
    await assertRefused(path, 'INVALID_INPUT');
  }
});

const archives: [what: string, message: RegExp, bytes: () => Uint8Array][] = [
  ['a symbolic link', /a symbolic link/, () => tarOf(whole, tarEntry('x', '', '2', '/etc/passwd'))],
  ['a hard link', /a hard link/, () => tarOf(whole, tarEntry('x', '', '1', 'index.json'))],
  ['a character device', /a device/, () => tarOf(whole, tarEntry('x', '', '3'))],
  ['a block device', /a device/, () => tarOf(whole, tarEntry('x', '', '4'))],
  ['a FIFO', /a FIFO/, () => tarOf(whole, tarEntry('x', '', '6'))],
  ['a sparse file', /a sparse file/, () => tarOf(whole, tarEntry('x', '', 'S'))],
  ['an unknown kind of entry', /of the kind/, () => tarOf(whole, tarEntry('x', '', 'q'))],
  ['a global header', /of the kind/, () => tarOf(whole, tarEntry('x', '12 path=abc\n', 'g'))],
  ['a name with ..', /outside/, () => tarOf(whole, tarEntry('../x', 'x'))],
  ['a name with .. within', /outside/, () => tarOf(whole, tarEntry('blobs/../../x', 'x'))],
  ['an absolute name', /outside/, () => tarOf(whole, tarEntry('/tmp/x', 'x'))],
  ['a name with a backslash', /outside/, () => tarOf(whole, tarEntry('blobs\\x', 'x'))],
  ['a folder outside', /outside/, () => tarOf(whole, tarEntry('..', '', '5'))],
  [
    'a pax name outside',
    /outside/,
    () => tarOf(whole, tarEntry('p', '13 path=../x\n', 'x'), tarEntry('y', 'x')),
  ],
  ['a pax header at the end', /pax/, () => tarOf(whole, tarEntry('p', '11 path=xy\n', 'x'))],
  [
    'a pax header that is malformed',
    /pax/,
    () => tarOf(whole, tarEntry('p', '99 path=x\n', 'x'), tarEntry('y', '')),
  ],
  [
    'a pax size that is no number',
    /pax/,
    () => tarOf(whole, tarEntry('p', '11 size=-1\n', 'x'), tarEntry('y', '')),
  ],
  [
    'a pax size beyond the end',
    /ends early/,
    () => tarOf(whole, tarEntry('p', '21 size=999999999999\n', 'x'), tarEntry('y', '')),
  ],
  ['a large pax header', /too large/, () => tarOf(whole, tarEntry('p', 'x'.repeat(100_000), 'x'))],
  ['a file that stands twice', /twice/, () => tarOf(whole, tarEntry('./index.json', '{}'))],
  ['a blob that stands twice', /twice/, () => tarOf(whole, tarEntry(anyBlob(), 'x'))],
  ['a size beyond the end', /ends early/, () => tarOf(whole, fileHeader('x', 2 ** 40))],
  [
    'a size that is no number',
    /size/,
    () => {
      const header = Buffer.from(fileHeader('x', 0));
      header.write('00000-00001', 124);
      return tarOf(whole, sealed(header));
    },
  ],
  [
    'something between its files',
    /between/,
    () => {
      const entry = tarEntry('x', 'x');
      entry[700] = 1;
      return tarOf(whole, entry);
    },
  ],
  ['something behind its end', /behind its end/, () => Buffer.concat([tarOf(whole), tarEntry('x', 'x')])],
  ['megabytes behind its end', /behind its end/, () => Buffer.concat([tarOf(whole), Buffer.alloc(2 ** 21)])],
  ['gzip', /gunzip/, () => gzipSync(tarOf(whole))],
  ['zstd', /unzstd/, () => zstdCompressSync(tarOf(whole))],
  ['bzip2', /bunzip2/, () => Buffer.from('BZh91AY&SY')],
  ['xz', /unxz/, () => Buffer.from('fd377a585a000004', 'hex')],
  ['a zip archive', /zip archive/, () => Buffer.from('PK\u0003\u0004')],
  ['nothing at all', /ends early/, () => Buffer.alloc(0)],
  ['zeros', /no oci-layout/, () => Buffer.alloc(1024)],
  ['text', /no tar archive/, () => Buffer.from('{"hello": "world"}'.repeat(99))],
];

for (const [what, message, bytes] of archives) {
  test(`an archive is refused for ${what}`, async (context) => {
    await assertRefused(tarFile(context, bytes()), 'INVALID_INPUT', message);
  });
}

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
  ['no oci-layout', /no oci-layout/, without('oci-layout')],
  ['an oci-layout of another version', /"2\.0\.0"/, set('oci-layout', '{"imageLayoutVersion":"2.0.0"}')],
  ['an oci-layout that is no JSON', /not valid JSON/, set('oci-layout', 'x')],
  ['a long oci-layout', /most is 4096/, set('oci-layout', ' '.repeat(5000))],
  ['no index', /no index\.json/, without('index.json')],
  ['an index that is no JSON', /not valid JSON/, set('index.json', '[')],
  ['an index that is not UTF-8', /UTF-8/, (layout) => layout.set('index.json', Buffer.from([0xff]))],
  ['a deep index', /nested deeper/, set('index.json', '['.repeat(100) + ']'.repeat(100))],
  ['a prototype key', /__proto__/, set('index.json', '{"schemaVersion":2,"manifests":[],"__proto__":{}}')],
  [
    'a key that stands twice',
    /twice/,
    set('index.json', '{"schemaVersion":2,"manifests":[],"manifests":[]}'),
  ],
  ['an empty index', /but nothing/, set('index.json', '{"schemaVersion":2,"manifests":[]}')],
  ['another annotation of the index', /annotations/, index((_, json) => (json['annotations'] = { a: 'b' }))],
  ['an index that was changed', /not what its digest/, index((manifests) => manifests.pop())],
  [
    'a manifest that is missing',
    /not in it/,
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
  ['a size that lies', /bytes in it, not/, foreignIndex(([one]) => one && (one.size += 1))],
  ['a negative size', /size/, foreignIndex(([one]) => one && (one.size = -1))],
  [
    'no version beside the artifact',
    /no version that mlreg exported/,
    foreignIndex((all) => all.splice(1, 1)),
  ],
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
  await assertRefused(fifo, 'INVALID_INPUT', /no plain file/);
  mkdirSync(join(tempFolder(context), 'empty'));
});

const event = (document: Json, at = 0): Json => document['history'][at] as Json;
/** Changes an event and makes its hash right, as whoever forges one would. */
const forged = (at: number, edit: (one: Json) => unknown) => (document: Json) => {
  edit(event(document, at));
  rehash(event(document, at));
};

const documents: [what: string, message: RegExp, edit: (document: Json) => unknown][] = [
  ['another format', /formatVersion/, (document) => void (document['formatVersion'] = 2)],
  ['a member that is not known', /x/, (document) => void (document['x'] = 1)],
  ['a member that is missing', /bump/, (document) => void delete document['bump']],
  ['a registry that is none', /registry/, (document) => void (document['registry'] = '../x')],
  ['a name that is none', /model name/, (document) => void (document['name'] = '../x')],
  ['a name that is a device', /reserved/, (document) => void (document['name'] = 'con')],
  ['a version that is none', /semantic version/, (document) => void (document['version'] = '1.0')],
  ['a version in another spelling', /not written as/, (document) => void (document['version'] = 'v1.0.0')],
  ['another version', /another version/, (document) => void (document['version'] = '1.0.1')],
  ['another name', /another version/, (document) => void (document['name'] = 'cars')],
  ['metadata that is none', /unknown key/, (document) => void (document['metadata'] = { x: 1 })],
  [
    'metadata with a metric that is a text',
    /metrics/,
    (document) => void (document['metadata'] = { metrics: { a: 'x' } }),
  ],
  ['metadata of nothing', /refused/, (document) => void (document['metadata'] = null)],
  ['other metadata', /identity/, (document) => void (document['metadata'] = { metrics: { auc: 0.99 } })],
  ['another identity', /identity/, (document) => void (document['identity'] = '0'.repeat(64))],
  ['another actor', /registration/, (document) => void (document['actor'] = 'eve')],
  ['an empty actor', /actor/, (document) => void (document['actor'] = '')],
  ['a time beyond time', /createdAt/, (document) => void (document['createdAt'] = 9e15)],
  ['another time', /registration/, (document) => void (document['createdAt'] += 1)],
  ['another bump', /not what was registered/, (document) => void (document['bump'] = 'major')],
  ['another source', /not what was registered/, (document) => void (document['source'] = { commit: 'x' })],
  ['parents that are no version', /parent/, (document) => void (document['parents'] = ['digits@^1'])],
  [
    'parents that are no reference',
    /reference|model name/,
    (document) => void (document['parents'] = ['../x@1.0.0']),
  ],
  ['a kind that is none', /format/, (document) => void (document['format'] = '../x')],
  ['another kind', /another kind/, (document) => void (document['format'] = 'pickle')],
  [
    'an entry that is none of its files',
    /identity/,
    (document) => void (document['entry'] = '../model.onnx'),
  ],
  ['an ONNX file without its facts', /without saying/, (document) => void (document['onnx'] = null)],
  ['another artifact', /another artifact/, (document) => void (document['artifact'] = digestOfText('x'))],
  ['another golden set', /not in it/, (document) => void (document['golden'] = digestOfText('x'))],
  [
    'a golden set that is no artifact',
    /schemaVersion/,
    (document) => void (document['golden'] = digestOfText('{}')),
  ],
  ['no history', /history/, (document) => void (document['history'] = [])],
  ['a history without its begin', /out of place/, (document) => void document['history'].shift()],
  [
    'a history that begins twice',
    /out of place/,
    (document) => void document['history'].push(event(document)),
  ],
  ['a history out of order', /out of order/, (document) => void document['history'].push(event(document, 1))],
  [
    'an event that was changed',
    /not what its hash/,
    (document) => void (event(document, 1)['actor'] = 'eve'),
  ],
  ['an event of another version', /another version/, forged(1, (one) => (one['version'] = '2.0.0'))],
  ['an event of another kind', /action/, forged(1, (one) => (one['action'] = 'delete'))],
  ['an event of a kind that is unknown', /action/, forged(1, (one) => (one['action'] = 'x'))],
  [
    'tags that are none',
    /what it changed/,
    forged(1, (one) => (one['details'] = { set: { a: 1 }, remove: [] })),
  ],
  ['tags that are missing', /what it changed/, forged(1, (one) => (one['details'] = {}))],
  [
    'an amendment that is none',
    /what it changed/,
    forged(1, (one) => Object.assign(one, { action: 'describe', details: { metrics: 'x' } })),
  ],
  [
    'a registration of other facts',
    /not what was registered/,
    forged(0, (one) => (one['details']['facts'] = '0'.repeat(64))),
  ],
  [
    'an import that brought nothing',
    /brought along/,
    forged(0, (one) => Object.assign(one, { action: 'import' })),
  ],
  ['text that is no JSON', /not valid JSON/, () => '{'],
  ['text with a prototype key', /constructor/, () => '{"constructor":1}'],
  ['deep text', /nested deeper/, () => '{"a":'.repeat(200) + '1' + '}'.repeat(200)],
];

for (const [what, message, edit] of documents) {
  test(`a version is refused for ${what}, though every digest is right`, async (context) => {
    await assertRefused(tarFile(context, tarOf(withDocument(whole, edit))), undefined, message);
  });
}

test('facts of the model that its file denies are refused, even where all hashes were made to fit', async (context) => {
  const { factsHash } = await import('../../src/storage/facts-hash.ts');
  const layout = withDocument(whole, (document) => {
    document['onnx']['signature']['inputs'][0]['name'] = 'Y';
    const { formatVersion: _one, registry: _registry, history: _history, ...facts } = document;
    const files = (digest: string) => {
      const manifest = jsonOf(whole, blobOf(digest));
      const list = (manifest['layers'] as Json[]).map((layer) => ({
        path: layer['annotations']['org.cncf.model.filepath'] as string,
        digest: layer['digest'] as string,
        size: layer['size'] as number,
      }));
      const size = list.reduce((sum, file) => sum + file.size, 0);
      return { digest, configDigest: manifest['config']['digest'] as string, size, files: list };
    };
    const hash = factsHash({
      ...facts,
      artifact: files(document['artifact'] as string),
      golden: files(document['golden'] as string),
    } as unknown as Parameters<typeof factsHash>[0]);
    event(document)['details']['facts'] = hash;
    rehash(event(document));
  });
  await assertRefused(tarFile(context, tarOf(layout)), 'INVALID_INPUT', /something else of the model/);
});

test('two versions of one number are refused', async (context) => {
  const copied = withDocument(
    whole,
    forged(0, (one) => (one['message'] = 'again')),
  );
  const all = [...first(whole), ...first(copied).slice(1, 2)];
  await assertRefused(
    folderOf(context, reindex(new Map([...whole, ...copied]), all)),
    'INVALID_INPUT',
    /twice/,
  );
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
  linkSync(join(folder, anyBlob()), join(tempFolder(context), 'other-name'));
  assert.equal((await importVersions(registry, { path: folder })).changed, true);
  assert.ok(readFileSync(join(folder, 'index.json')).length > 0);
});
