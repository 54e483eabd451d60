import { after, before, test } from 'node:test';
import { writeFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { nextBelow, seededRandom } from '../../src/core/seeded-random.ts';
import { fileHeader } from '../../src/registry/exchange/layout/tar-format.ts';
import { anyBlob, openHostileLayouts, tarFile, type HostileLayouts } from '../support/hostile-layouts.ts';
import { sealed, tarEntry, tarOf, type Layout } from '../support/layouts.ts';

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
  ['an unknown kind of entry', /of type/, () => tarOf(whole, tarEntry('x', '', 'q'))],
  ['a global header', /of type/, () => tarOf(whole, tarEntry('x', '12 path=abc\n', 'g'))],
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
    /is truncated/,
    () => tarOf(whole, tarEntry('p', '21 size=999999999999\n', 'x'), tarEntry('y', '')),
  ],
  ['a large pax header', /too large/, () => tarOf(whole, tarEntry('p', 'x'.repeat(100_000), 'x'))],
  ['a file that stands twice', /duplicate/, () => tarOf(whole, tarEntry('./index.json', '{}'))],
  ['a blob that stands twice', /duplicate/, () => tarOf(whole, tarEntry(anyBlob(whole), 'x'))],
  ['a size beyond the end', /is truncated/, () => tarOf(whole, fileHeader('x', 2 ** 40))],
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
  ['something behind its end', /after the end/, () => Buffer.concat([tarOf(whole), tarEntry('x', 'x')])],
  ['megabytes behind its end', /after the end/, () => Buffer.concat([tarOf(whole), Buffer.alloc(2 ** 21)])],
  ['gzip', /gunzip/, () => gzipSync(tarOf(whole))],
  ['zstd', /unzstd/, () => zstdCompressSync(tarOf(whole))],
  ['bzip2', /bunzip2/, () => Buffer.from('BZh91AY&SY')],
  ['xz', /unxz/, () => Buffer.from('fd377a585a000004', 'hex')],
  ['a zip archive', /zip archive/, () => Buffer.from('PK\u0003\u0004')],
  ['nothing at all', /it is empty/, () => Buffer.alloc(0)],
  ['a short text', /it is not a tar archive or a layout folder/, () => Buffer.from('{}\n')],
  ['zeros', /oci-layout is missing/, () => Buffer.alloc(1024)],
  ['text', /not a tar archive/, () => Buffer.from('{"hello": "world"}'.repeat(99))],
];

for (const [what, message, bytes] of archives) {
  test(`an archive is refused for ${what}`, async (context) => {
    await assertRefused(tarFile(context, bytes()), 'INVALID_INPUT', message);
  });
}
