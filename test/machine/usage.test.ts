import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readGpus } from '../../src/machine/gpus.ts';
import { readProcess } from '../../src/machine/process-usage.ts';
import { readSystem } from '../../src/machine/system-usage.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';

/** An environment whose nvidia-smi is this shell script. */
function withSmi(t: Cleanup, script: string): NodeJS.ProcessEnv {
  const folder = tempFolder(t);
  const path = join(folder, 'nvidia-smi');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return { PATH: `${folder}:${process.env['PATH']}` };
}

test('GPUs are what nvidia-smi says of them; what one does not say is unknown', async (t) => {
  const env = withSmi(
    t,
    "echo '0, NVIDIA L4, 37, 1024, 23034, 61, 28.50'; echo '1, Tesla, [N/A], 0, 16384, [Not Supported], [N/A]'",
  );
  assert.deepEqual(await readGpus(env), {
    gpus: [
      {
        index: '0',
        name: 'NVIDIA L4',
        utilization: 0.37,
        memoryUsedBytes: 1024 * 2 ** 20,
        memoryBytes: 23034 * 2 ** 20,
        celsius: 61,
        watts: 28.5,
      },
      {
        index: '1',
        name: 'Tesla',
        utilization: null,
        memoryUsedBytes: 0,
        memoryBytes: 16384 * 2 ** 20,
        celsius: null,
        watts: null,
      },
    ],
  });
});

test('without a GPU, the reason is told', async (t) => {
  assert.deepEqual(await readGpus({ PATH: tempFolder(t) }), { absent: 'nvidia-smi is not installed' });
  const broken = withSmi(t, "echo 'has failed because it could not communicate with the driver'; exit 9");
  assert.deepEqual(await readGpus(broken), { absent: 'nvidia-smi failed (exit code 9)' });
});

test('a process with any name is read', () => {
  const files: Record<string, string> = {
    '/proc/7/stat': '7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 11 0 12345 1000 200',
    '/proc/7/status': 'Name:\ta\nVmRSS:\t    2048 kB\nThreads:\t11\n',
    '/proc/7/limits':
      'Limit                     Soft Limit  Hard Limit  Units\nMax open files            1024        4096        files\n',
  };
  const { openFiles: _, ...usage } = readProcess(7, (path) => files[path] ?? null);
  assert.deepEqual(usage, { cpuSeconds: 3, residentBytes: 2048 * 1024, threads: 11, maxFiles: 1024 });
});

test('of a process that is gone, nothing is known', () => {
  assert.deepEqual(readProcess(2 ** 22 + 1), {
    cpuSeconds: null,
    residentBytes: null,
    threads: null,
    openFiles: null,
    maxFiles: null,
  });
});

test('the machine is read from /proc, or left out', () => {
  const files: Record<string, string> = {
    '/proc/stat': 'cpu  100 1 50 1000 5 0 2 3 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n',
    '/proc/meminfo': 'MemTotal:        2000 kB\nMemFree:  1 kB\nMemAvailable:    1000 kB\n',
    '/proc/net/dev':
      'Inter-|   Receive |  Transmit\n face |bytes packets errs drop fifo frame compressed multicast|bytes\n' +
      '    lo: 1234       5    0    0    0     0          0         0     5678       5    0    0    0     0       0          0\n',
  };
  const usage = readSystem(['/no/such/folder', '/'], (path) => files[path] ?? null);
  assert.equal(usage.cpuSeconds['user'], 1);
  assert.equal(usage.cpuSeconds['steal'], 0.03);
  assert.deepEqual([usage.memoryBytes, usage.availableBytes], [2000 * 1024, 1000 * 1024]);
  assert.deepEqual(usage.networks, [{ device: 'lo', receivedBytes: 1234, sentBytes: 5678 }]);
  assert.deepEqual(
    usage.disks.map(({ path }) => path),
    ['/'],
  );
  const elsewhere = readSystem([], () => null);
  assert.deepEqual([elsewhere.cpuSeconds, elsewhere.networks], [{}, []]);
  assert.ok(elsewhere.memoryBytes > 0);
});
