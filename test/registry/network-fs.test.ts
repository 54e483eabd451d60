import assert from 'node:assert/strict';
import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { networkType, refuseNetwork } from '../../src/storage/local/home/network-fs.ts';
import { failsWith } from '../support/temp-folder.ts';

const linux = { skip: process.platform === 'linux' ? false : 'types of file systems are those of Linux' };

test('a registry on a file system of several machines is refused, with what to do', linux, () => {
  for (const [type, name] of [
    [0x6969, 'NFS'],
    [0xff534d42, 'CIFS'],
    [0xff534d42 | 0, 'CIFS'],
  ] as const) {
    const refused = failsWith('STORAGE', new RegExp(`"/srv/models" is on ${name}`));
    assert.throws(() => refuseNetwork('/srv/models', () => type), refused);
  }
});

test('one on a disk is not', linux, () => {
  for (const type of [0xef53, 0x58465342, 0x9123683e, 0x01021994, statfsSync(tmpdir()).type])
    assert.equal(networkType(type), undefined);
  refuseNetwork(tmpdir());
});
