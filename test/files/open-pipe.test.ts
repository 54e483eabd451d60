import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openInput } from '../../src/files/open-input.ts';
import { startOutputFile } from '../../src/files/output-file.ts';
import { tempFolder } from '../support/temp-folder.ts';

const skip = process.platform === 'win32' ? 'pipes of Windows have no path in a folder' : false;

function pipeIn(t: TestContext): string {
  const path = join(tempFolder(t), 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
}

test('a pipe without its other end is given up when the command is interrupted', { skip }, async (t) => {
  const interrupted = new Error('interrupted');
  for (const opened of [
    (path: string, signal: AbortSignal) => startOutputFile(path, false, '--output', signal),
    (path: string, signal: AbortSignal) => openInput(path, signal),
  ]) {
    const stop = new AbortController();
    const opening = opened(pipeIn(t), stop.signal);
    // A timer, so that the pipe is being opened by then; at any other time it is given up, too.
    setTimeout(() => stop.abort(interrupted), 50);
    await assert.rejects(opening, interrupted);
    await assert.rejects(opened(pipeIn(t), stop.signal), interrupted);
  }
});

test('the other end of a pipe is waited for', { skip }, async (t) => {
  const [to, from] = [pipeIn(t), pipeIn(t)];
  const { signal } = new AbortController();
  const writing = startOutputFile(to, false, '--output', signal);
  const read = readFile(to, 'utf8');
  const output = await writing;
  await output.write('a,b');
  await output.finish();
  assert.equal(await read, 'a,b');
  const reading = openInput(from, signal);
  const writer = await open(from, constants.O_WRONLY);
  await writer.writeFile('1,2');
  await writer.close();
  const { handle, size } = await reading;
  assert.deepEqual([await handle.readFile('utf8'), size], ['1,2', null]);
  await handle.close();
});
