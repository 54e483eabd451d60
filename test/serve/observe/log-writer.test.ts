import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, openSync, readFileSync, readSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fileSink, type LogSink } from '../../../src/serve/observe/log-sink.ts';
import { createLogWriter, type LogWriter } from '../../../src/serve/observe/log-writer.ts';
import { tempFolder, type Cleanup } from '../../support/temp-folder.ts';

const quick = { gatherMs: 0, fullMs: 1, failedMs: 1, lostLine: (lines: number) => `lost ${lines}` };

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
}

interface Pipe {
  path: string;
  /** What can be read now. */
  read(): string;
  closeReader(): void;
}

function makePipe(t: Cleanup): Pipe {
  const path = join(tempFolder(t), 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let isOpen = true;
  const closeReader = (): void => {
    if (isOpen) closeSync(reader);
    isOpen = false;
  };
  t.after(closeReader);
  const buffer = Buffer.alloc(1 << 20);
  return {
    path,
    closeReader,
    read() {
      let text = '';
      for (;;) {
        try {
          const count = readSync(reader, buffer);
          if (count === 0) return text;
          text += buffer.toString('latin1', 0, count);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return text;
          throw error;
        }
      }
    },
  };
}

test('lines are appended to a file, in order', async (t) => {
  const path = join(tempFolder(t), 'access.log');
  for (const round of [1, 2]) {
    const log = createLogWriter(fileSink(path), quick);
    for (let line = 1; line <= 1000; line += 1) log.line(`${round}:${line}`);
    await log.close();
  }
  const lines = readFileSync(path, 'utf8').split('\n');
  assert.equal(lines.length, 2001);
  assert.deepEqual([lines[0], lines[999], lines[1000], lines[2000]], ['1:1', '1:1000', '2:1', '']);
});

test('a reader that does not read costs lines, which are counted, and told of later', async (t) => {
  const pipe = makePipe(t);
  const log = createLogWriter(fileSink(pipe.path), { ...quick, mostBytes: 64 * 1024 });
  const line = 'x'.repeat(99);
  // A pipe holds 64 KiB on Linux; the writer two blocks.
  let given = 0;
  while (log.dropped < 100) {
    for (let count = 0; count < 100; count += 1, given += 1) log.line(line);
    await new Promise((resolve) => setImmediate(resolve));
  }
  let text = '';
  await until(() => {
    text += pipe.read();
    return text.includes('lost ');
  });
  await log.close();
  text += pipe.read();
  const lines = text.split('\n').slice(0, -1);
  const told = lines.filter((one) => one !== line);
  const lost = told.map((one) => Number(/^lost (\d+)$/.exec(one)?.[1]));
  assert.equal(
    lost.reduce((sum, count) => sum + count),
    log.dropped,
  );
  assert.equal(lines.length - told.length + log.dropped, given);
});

test('a reader that is gone costs its lines, and nothing else', async (t) => {
  const pipe = makePipe(t);
  const log = createLogWriter(fileSink(pipe.path), quick);
  pipe.closeReader();
  for (let line = 0; line < 10; line += 1) log.line('x');
  await until(() => log.trouble !== null);
  assert.equal(log.trouble, 'EPIPE');
  assert.equal(log.dropped, 10);
  await log.close();
});

test('a full disk costs lines until there is room again', { skip: !existsSync('/dev/full') }, async (t) => {
  const path = join(tempFolder(t), 'access.log');
  const [full, roomy] = [fileSink('/dev/full'), fileSink(path)];
  let isFull = true;
  const disk: LogSink = { ...roomy, write: (bytes) => (isFull ? full : roomy).write(bytes) };
  const log = createLogWriter(disk, quick);
  log.line('into the void');
  await until(() => log.trouble !== null);
  assert.equal(log.trouble, 'ENOSPC');
  isFull = false;
  log.line('again');
  await until(() => log.trouble === null);
  await until(() => readFileSync(path, 'utf8').includes('lost'));
  await log.close();
  full.close();
  assert.equal(readFileSync(path, 'utf8'), 'again\nlost 1\n');
});

test('after an error within a line, the next line begins on its own', async () => {
  let text = '';
  let attempts = 0;
  const sink: LogSink = {
    chunk: 4096,
    write: (bytes) => {
      attempts += 1;
      if (attempts === 2) return Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
      const taken = attempts === 1 ? 4 : bytes.length;
      text += Buffer.from(bytes).toString('latin1', 0, taken);
      return Promise.resolve(taken);
    },
    close: () => undefined,
  };
  const log = createLogWriter(sink, quick);
  log.line('a line');
  await until(() => log.trouble === 'ENOSPC');
  log.line('another');
  await until(() => log.trouble === null);
  await log.close();
  assert.equal(text, 'a li\nanother\nlost 1\n');
});

test('after a rotation, lines go to the new file', async (t) => {
  const path = join(tempFolder(t), 'access.log');
  let now = 0;
  const log = createLogWriter(
    fileSink(path, () => now),
    quick,
  );
  log.line('before');
  await until(() => readFileSync(path, 'utf8') !== '');
  renameSync(path, `${path}.1`);
  now += 1000;
  log.line('after');
  await log.close();
  assert.equal(readFileSync(`${path}.1`, 'utf8'), 'before\n');
  assert.equal(readFileSync(path, 'utf8'), 'after\n');
});

test('a log cannot be a named pipe that nobody reads', (t) => {
  const path = join(tempFolder(t), 'pipe');
  execFileSync('mkfifo', [path]);
  assert.throws(() => fileSink(path), { code: 'ENXIO' });
});

/** Writes far more than a pipe holds to its stderr, then ends as a server does, within `ms`. */
const flood = (ms: number): string => `
  import { stderrSink } from ${JSON.stringify(moduleUrl('log-sink'))};
  import { createLogWriter } from ${JSON.stringify(moduleUrl('log-writer'))};
  const log = createLogWriter(stderrSink(), { gatherMs: 0, lostLine: (lines) => 'lost ' + lines });
  for (let line = 0; line < 5000; line += 1) log.line('x'.repeat(99));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await log.close(${ms});
  process.stdout.write('ended');
`;

function moduleUrl(name: string): string {
  return new URL(`../../../src/serve/observe/${name}.ts`, import.meta.url).href;
}

async function runFlood(
  stderr: 'pipe' | number,
  ms: number,
  onStderr?: (bytes: number) => void,
): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', flood(ms)], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    stdio: ['ignore', 'pipe', stderr],
  });
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => void (said += String(chunk)));
  if (onStderr !== undefined) child.stderr?.on('data', (chunk: Buffer) => onStderr(chunk.length));
  const [code] = (await once(child, onStderr === undefined ? 'exit' : 'close')) as [number];
  await until(() => child.stdout?.readableEnded === true);
  child.stderr?.destroy();
  return `${said} ${code}`;
}

test('a process whose stderr is read writes all of it', async () => {
  let bytes = 0;
  assert.equal(await runFlood('pipe', 60_000, (more) => void (bytes += more)), 'ended 0');
  assert.equal(bytes, 500_000);
});

test('a process whose stderr is a socket that nobody reads ends', async () => {
  assert.equal(await runFlood('pipe', 50), 'ended 0');
});

test('a process whose stderr is a pipe that nobody reads ends', async (t) => {
  const writer = openSync(makePipe(t).path, 'w');
  t.after(() => closeSync(writer));
  assert.equal(await runFlood(writer, 50), 'ended 0');
});

test('lines of a closed log are lost, and counted', async (t) => {
  const log: LogWriter = createLogWriter(fileSink(join(tempFolder(t), 'access.log')), quick);
  await log.close();
  log.line('late');
  assert.equal(log.dropped, 1);
});
