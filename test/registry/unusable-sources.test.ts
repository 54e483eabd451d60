import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ErrorCode } from '../../src/core/errors.ts';
import { failsWith, tempFolder } from '../support/temp-folder.ts';
import { add, blobPath, ref, tempRegistry } from '../support/temp-registry.ts';

interface Case {
  what: string;
  code?: ErrorCode;
  why: RegExp;
  /** Makes the source in `folder` and returns the path to register. */
  make: (folder: string) => string | void;
}

const model = (folder: string, name = 'model.bin'): void => writeFileSync(join(folder, name), 'weights');

const cases: Case[] = [
  {
    what: 'a symbolic link that leads out',
    why: /it is a symbolic link/,
    make: (folder) => (model(folder), symlinkSync('/etc/hostname', join(folder, 'out'))),
  },
  {
    what: 'a symbolic link that stays inside',
    why: /it is a symbolic link/,
    make: (folder) => (model(folder), symlinkSync('model.bin', join(folder, 'in'))),
  },
  {
    what: 'a symbolic link to the parent folder',
    why: /it is a symbolic link/,
    make: (folder) => (model(folder), symlinkSync('..', join(folder, 'up'))),
  },
  {
    what: 'a symbolic link to a folder',
    why: /it is a symbolic link/,
    make: (folder) => (model(folder), symlinkSync('/etc', join(folder, 'etc'))),
  },
  {
    what: 'a dangling symbolic link',
    why: /it is a symbolic link/,
    make: (folder) => (model(folder), symlinkSync('nowhere', join(folder, 'x'))),
  },
  {
    what: 'a dangling symbolic link, named itself',
    code: 'NOT_FOUND',
    why: /link" is a broken symbolic link/,
    make: (folder) => {
      symlinkSync('nowhere', join(folder, 'link'));
      return join(folder, 'link');
    },
  },
  {
    what: 'a symbolic link to itself',
    why: /symbolic link to itself/,
    make: (folder) => {
      symlinkSync('link', join(folder, 'link'));
      return join(folder, 'link');
    },
  },
  {
    what: 'a symbolic link to a FIFO, named itself',
    why: /it is a FIFO/,
    make: (folder) => {
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      symlinkSync('pipe', join(folder, 'link'));
      return join(folder, 'link');
    },
  },
  {
    what: 'a FIFO in the folder',
    why: /it is a FIFO/,
    make: (folder) => (model(folder), void execFileSync('mkfifo', [join(folder, 'pipe')])),
  },
  {
    what: 'a FIFO, named itself',
    why: /it is a FIFO/,
    make: (folder) => {
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      return join(folder, 'pipe');
    },
  },
  { what: 'a device', why: /it is a device/, make: () => '/dev/null' },
  {
    what: 'an empty file',
    why: /it is an empty file/,
    make: (folder) => {
      writeFileSync(join(folder, 'model.bin'), '');
      return join(folder, 'model.bin');
    },
  },
  { what: 'an empty folder', why: /the folder has no files/, make: () => undefined },
  {
    what: 'a folder of empty folders',
    why: /the folder has no files/,
    make: (folder) => void mkdirSync(join(folder, 'a', 'b'), { recursive: true }),
  },
  {
    what: 'a folder of empty files',
    why: /all its files are empty/,
    make: (folder) => writeFileSync(join(folder, 'a'), ''),
  },
  {
    what: 'two names that collide by case',
    why: /differs from .* only in case or Unicode form/,
    make: (folder) => (model(folder), model(folder, 'Model.bin')),
  },
  {
    what: 'two names that collide by Unicode form',
    why: /differs from .* only in case or Unicode form/,
    make: (folder) => (model(folder, 'caf\u00e9'), model(folder, 'cafe\u0301')),
  },
  {
    what: 'a name that is not UTF-8',
    why: /not valid UTF-8: "m\u00ff"/,
    make: (folder) =>
      writeFileSync(Buffer.concat([Buffer.from(join(folder, 'm')), Buffer.from([0xff])]), 'x'),
  },
  { what: 'a name with a backslash', why: /backslash/, make: (folder) => model(folder, 'a\\b') },
  { what: 'a name with a newline', why: /control character/, make: (folder) => model(folder, 'a\nb') },
  {
    what: 'a path that is not there',
    code: 'NOT_FOUND',
    why: /no such file or folder/,
    make: (folder) => join(folder, 'nothing'),
  },
  {
    what: 'a path through a file',
    code: 'NOT_FOUND',
    why: /no such file or folder/,
    make: (folder) => (model(folder), join(folder, 'model.bin', 'x')),
  },
];

for (const { what, code = 'INVALID_INPUT', why, make } of cases) {
  test(`${what} is ${code}, and nothing is kept`, async (context) => {
    const registry = await tempRegistry(context);
    const folder = tempFolder(context);
    const path = make(folder) ?? folder;
    await assert.rejects(add(registry, 'digits', path), failsWith(code, why));
    for (const kept of ['blobs/sha256', 'tmp']) assert.deepEqual(readdirSync(join(registry.home, kept)), []);
    assert.equal(await registry.metadata.hasModel(ref('digits').name), false);
  });
}

test('a socket is INVALID_INPUT', async (context) => {
  const registry = await tempRegistry(context);
  const folder = tempFolder(context);
  const server = createServer().listen(join(folder, 'socket'));
  await once(server, 'listening');
  try {
    await assert.rejects(add(registry, 'digits', folder), failsWith('INVALID_INPUT', /it is a socket/));
  } finally {
    server.close();
  }
});

test('a hard link is copied as a file', async (context) => {
  const registry = await tempRegistry(context);
  const folder = tempFolder(context);
  const outside = join(tempFolder(context), 'outside.bin');
  writeFileSync(outside, 'weights');
  linkSync(outside, join(folder, 'model.bin'));
  const { digest, files } = await add(registry, 'digits', folder);
  writeFileSync(outside, 'changed');
  assert.equal(readFileSync(blobPath(registry.home, files[0]?.digest ?? ''), 'utf8'), 'weights');
  const plain = join(tempFolder(context), 'plain');
  mkdirSync(plain);
  writeFileSync(join(plain, 'model.bin'), 'weights');
  assert.equal((await add(registry, 'digits', plain)).digest, digest);
});

const isRoot = process.getuid?.() === 0;

test(
  'what may not be read is STORAGE',
  { skip: isRoot ? false : 'only root can become another user' },
  (context) => {
    const folder = tempFolder(context);
    chmodSync(folder, 0o755);
    const locked = join(folder, 'locked');
    mkdirSync(locked);
    writeFileSync(join(locked, 'model.bin'), 'weights');
    chmodSync(join(locked, 'model.bin'), 0o600);
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const script = fileURLToPath(new URL('../support/register-as-child.ts', import.meta.url));
    // The sources may lie where only root can read: another user gets a copy.
    const copy = join(folder, 'copy');
    cpSync(fileURLToPath(new URL('../../src', import.meta.url)), join(copy, 'src'), { recursive: true });
    cpSync(script, join(copy, 'test', 'support', 'register-as-child.ts'));
    symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(copy, 'node_modules'));
    cpSync(fileURLToPath(new URL('../../package.json', import.meta.url)), join(copy, 'package.json'));
    const home = join(folder, 'home');
    mkdirSync(home, { mode: 0o777 });
    chmodSync(home, 0o777);
    for (const path of [locked, join(locked, 'model.bin'), closed]) {
      const child = spawnSync(
        process.execPath,
        [
          join(copy, 'test', 'support', 'register-as-child.ts'),
          'init',
          join(home, 'registry'),
          'digits',
          path,
        ],
        { uid: 65534, gid: 65534, encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: home } },
      );
      if (/EACCES.*node_modules|Cannot find package/.test(child.stderr)) {
        context.skip('another user cannot read the packages here');
        return;
      }
      assert.match(child.stdout, /^STORAGE .* cannot be read: permission denied/, child.stderr);
    }
    assert.equal(readFileSync(join(locked, 'model.bin'), 'utf8'), 'weights');
  },
);
