import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noMounts, withMounts } from '../support/mounts.ts';
import { model, openRegistryShell } from '../support/run-cli.ts';

test('a server needs one folder that can be written, and no home', { skip: noMounts }, async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  const [without, within, left, open, file] = await withMounts(
    shell.cwd,
    `registry=$PWD/registry
     mount -t tmpfs tmpfs /mnt
     mount --bind /tmp /tmp && mount -o remount,ro,bind /tmp
     cd /mnt
     unset HOME
     serve() { answer mlreg serve digits --check --registry "$registry" "$@"; }
     serve
     serve --state /mnt/new/state
     ls -A /mnt/new/state | wc -l
     mkdir -m 777 open; chmod 777 open
     serve --state open
     serve --state out.txt`,
  );
  assert.match(without ?? '', /^8 .*could not write to "\/tmp": .*set TMPDIR/);
  assert.match(within ?? '', /^0 /);
  assert.equal(left, '0');
  assert.match(open ?? '', /^2 .*others may write to "\/mnt\/open", and replace the models/);
  assert.match(file ?? '', /^8 .*cannot use "\/mnt\/out\.txt" for --state/);
});
