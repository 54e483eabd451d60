import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { placeText } from '../../src/files/place-text.ts';
import { draftIn, sweepDrafts } from '../../src/files/draft-file.ts';
import { deadMark } from '../support/dead-process.ts';
import { failsWith, tempFolder } from '../support/temp-folder.ts';

const named = (replace: boolean) => ({ flag: '-o', replace });

test('a file gets its name when it is whole, and keeps its mode when it is replaced', async (t) => {
  const folder = tempFolder(t);
  const path = join(folder, 'card.md');
  await placeText(path, 'one', named(false));
  await assert.rejects(placeText(path, 'two', named(false)), failsWith('CONFLICT', /already exists/));
  assert.equal(readFileSync(path, 'utf8'), 'one');
  writeFileSync(join(folder, 'script'), '', { mode: 0o750 });
  await placeText(join(folder, 'script'), 'two', named(true));
  assert.equal(statSync(join(folder, 'script')).mode & 0o777, 0o750);
  assert.deepEqual(readdirSync(folder).toSorted(), ['card.md', 'script']);
  await assert.rejects(
    placeText(join(folder, 'no', 'card.md'), 'x', named(true)),
    failsWith('NOT_FOUND', /the folder of/),
  );
});

test('a link is followed where it may be replaced, and stays a link; what it points at is replaced whole', async (t) => {
  const folder = tempFolder(t);
  mkdirSync(join(folder, 'real'));
  writeFileSync(join(folder, 'real', 'card.md'), 'old');
  symlinkSync('real/card.md', join(folder, 'link'));
  symlinkSync('real/new.md', join(folder, 'dangling'));
  const before = statSync(join(folder, 'link')).ino;
  for (const name of ['link', 'dangling']) {
    await assert.rejects(
      placeText(join(folder, name), 'x', named(false)),
      failsWith('CONFLICT', /already exists/),
    );
    await placeText(join(folder, name), name, named(true));
    assert.equal(lstatSync(join(folder, name)).isSymbolicLink(), true);
    assert.equal(readFileSync(join(folder, name), 'utf8'), name);
  }
  assert.notEqual(statSync(join(folder, 'link')).ino, before, 'never half of it');
  await placeText('/dev/null', 'text', named(true));
});

test('drafts of killed processes go with the next file; all else stays', async (t) => {
  const folder = tempFolder(t);
  const left = [`.mlreg-${deadMark()}-0123abcd.tmp`, '.mlreg-5d0c0a51-1f3a-4c5e-8a55-0a1b2c3d4e5f.tmp'];
  const kept = [
    draftIn(folder).slice(folder.length + 1),
    '.mlreg-11111111-1f3a-4c5e-8a55-0a1b2c3d4e5f.tmp',
    `.mlreg-${deadMark()}-0123abcd.tmp.bak`,
    '.mlreg-notes.tmp',
    'card.md.tmp',
  ];
  for (const name of [...left, ...kept]) writeFileSync(join(folder, name), 'half');
  utimesSync(join(folder, left[1] ?? ''), 1, 1);
  utimesSync(join(folder, '.mlreg-notes.tmp'), 1, 1);
  await placeText(join(folder, 'report.xml'), 'x', named(true));
  assert.deepEqual(readdirSync(folder).toSorted(), [...kept, 'report.xml'].toSorted());
  const own = `.mlreg-${deadMark()}-89abcdef.tmp`;
  writeFileSync(join(folder, own), 'of the version');
  await sweepDrafts(folder, new Set([own]));
  assert.equal(existsSync(join(folder, own)), true);
});

test('a process that is killed at any step leaves no half file under the name', (t) => {
  const folder = tempFolder(t);
  const path = join(folder, 'card.md');
  const source = (name: string): string => new URL(`../../src/files/${name}`, import.meta.url).href;
  const script = `
const { open } = await import('node:fs/promises');
const probe = await open(${JSON.stringify(join(folder, 'probe'))}, 'w');
const handle = Object.getPrototypeOf(probe);
await probe.close();
const step = process.argv[1];
const real = handle[step];
handle[step] = async function (...args) {
  await real.apply(this, step === 'writeFile' ? ['ha'] : args);
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => setTimeout(() => {}, 1e4));
};
const { placeText } = await import(${JSON.stringify(source('place-text.ts'))});
await placeText(${JSON.stringify(path)}, 'half and half', { flag: '-o', replace: true });
`;
  for (const old of [undefined, 'old'])
    for (const step of ['writeFile', 'sync']) {
      if (old !== undefined) writeFileSync(path, old);
      const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script, step]);
      assert.equal(signal, 'SIGKILL');
      assert.equal(existsSync(path) ? readFileSync(path, 'utf8') : undefined, old);
    }
});
