import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noMounts, withMounts } from '../support/mounts.ts';
import { tempFolder } from '../support/temp-folder.ts';

const leftover = 'tmp/999999.1.000000000000-11111111-1111-4111-8111-111111111111';

test('a disk that is full to the last byte is cured by what needs no row', { skip: noMounts }, async (t) => {
  const [nothing, listed, deleted, left, taken, purged, trash, register, verified] = await withMounts(
    tempFolder(t),
    `
    mkdir mnt; mount -t tmpfs -o size=8m tmpfs mnt; export MLREG_REGISTRY=mnt/reg
    fill() { dd if=/dev/zero of=mnt/fill bs=4k 2>/dev/null; }
    leave() { head -c 1000000 /dev/zero >mnt/reg/${leftover}; touch -d '3 days ago' mnt/reg/${leftover}; }
    mlreg init mnt/reg -q >out.txt
    for each in a b; do head -c 1000000 /dev/urandom >$each.bin; mlreg register $each $each.bin -q >out.txt; done
    fill
    answer mlreg delete a@1.0.0 --yes
    answer mlreg list -q
    truncate -s -1000k mnt/fill; leave; fill
    answer mlreg delete a@1.0.0 --yes
    answer ls mnt/reg/tmp
    leave; fill
    answer mlreg gc --yes --older-than 0s
    fill
    answer mlreg gc --purge --yes
    answer ls mnt/reg/trash
    echo small >c.bin; answer mlreg register a c.bin -q
    answer mlreg verify
    `,
  );
  const said = (answer = ''): string => answer.replaceAll(/==> \w+\.txt <== */g, '').trim();
  assert.match(said(nothing), /^8 .*its disk is full.*mlreg gc --yes .*--purge/);
  assert.match(said(listed), /^0 a b$/, 'reading goes on');
  assert.match(said(deleted), /^0 a@1\.0\.0/);
  assert.equal(said(left), '0', 'what a killed process left made room for the row');
  assert.match(said(taken), /^0 blobs\t3\t\d+\tremoved leftovers\t1\t1000000\tremoved /);
  assert.match(said(purged), /purged\t3\t\d+\tremoved/);
  assert.equal(said(trash), '0');
  assert.match(said(register), /^0 a@1\.0\.1$/);
  assert.match(said(verified), /^0 ok/);
});
