import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mountOf, spaceFinding } from '../../src/storage/local/home/file-system.ts';

const mountinfo = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:26 / /srv rw shared:2 - xfs /dev/sdb rw
31 22 0:30 / /srv/models rw,noatime - nfs4 server:/models rw,vers=4.2
32 30 0:31 / /srv/a\\040b rw shared:3 master:1 propagate_from:2 - fuse.sshfs ada@host: rw
33 22 0:32 / /tmp rw - ext4 /dev/sdc rw
34 33 0:33 / /tmp rw - tmpfs tmpfs rw
`;

test('the mount of a path is the nearest above it, and of several on one point the last', () => {
  const cases: [path: string, point: string, type: string][] = [
    ['/home/ada/registry', '/', 'ext4'],
    ['/srv', '/srv', 'xfs'],
    ['/srv/models/registry', '/srv/models', 'nfs4'],
    ['/srv/models2', '/srv', 'xfs'],
    ['/srv/a b/registry', '/srv/a b', 'fuse.sshfs'],
    ['/tmp/registry', '/tmp', 'tmpfs'],
  ];
  for (const [path, point, type] of cases) assert.deepEqual(mountOf(mountinfo, path), { point, type });
  assert.equal(mountOf('', '/srv'), undefined);
  assert.equal(mountOf('what is this?\n - \n', '/srv'), undefined);
});

test('less than 1 GB or 5% of free space is a warning', () => {
  const cases: [free: number, total: number, status: string][] = [
    [1e9, 10e9, 'ok'],
    [0.99e9, 10e9, 'warn'],
    [100e9, 2000e9, 'ok'],
    [99e9, 2000e9, 'warn'],
    [0, 0, 'warn'],
  ];
  for (const [free, total, status] of cases)
    assert.equal(spaceFinding(free, total).status, status, `${free} of ${total}`);
});

test('of a disk that is small itself the advice is a larger one, not to free some of it', () => {
  const cases: [free: number, total: number, advice: RegExp][] = [
    [66e6, 67e6, /^move the registry to a larger disk: /],
    [1e6, 67e6, /^free some space, or move the registry to a larger disk: /],
    [0.9e9, 10e9, /^free some space: /],
  ];
  for (const [free, total, advice] of cases)
    assert.match(spaceFinding(free, total).advice ?? '', advice, `${free} of ${total}`);
});
