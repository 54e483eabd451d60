import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exportVersions } from '../../src/registry/exchange/export.ts';
import { importVersions } from '../../src/registry/exchange/import.ts';
import { show } from '../../src/registry/inspect/show.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import type { Descriptor } from '../../src/core/versions/oci-layout.ts';
import { blobOf, jsonOf, readLayout, reindex, writeLayout, type Layout } from '../support/layouts.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, modelName, ref, tempRegistry, version } from '../support/temp-registry.ts';

/** What other tools make of an export, and an import of what they made. */

const has = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;
const withSkopeo = { skip: has('skopeo') ? false : 'needs skopeo (apt-get install skopeo)' };
const withTar = { skip: has('tar') ? false : 'needs tar' };

function run(file: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  assert.equal(status, 0, `${file} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

const name = 'team/digits';

async function exported(context: Cleanup, form: string): Promise<{ path: string; digest: string }> {
  const registry = await tempRegistry(context);
  const { digest } = await add(registry, name, fixture('digits_conv_external'), {
    golden: fixture('digits_conv_external/golden.json'),
    entry: 'model.onnx',
    number: { kind: 'exact', version: version('1.0.0-rc.1+gpu') },
  });
  await add(registry, name, fixture('pickles/logreg.pkl'));
  const path = join(tempFolder(context), form);
  await exportVersions(registry, { refs: [ref(name)], all: true, output: path });
  return { path, digest };
}

/** The golden set as a referrer, which has no name. */
function referrerOf(layout: Layout): Descriptor {
  const listed = jsonOf(layout, 'index.json')['manifests'] as Descriptor[];
  const found = listed.find(({ artifactType }) => artifactType === 'application/vnd.mlreg.golden.v1+json');
  assert.ok(found !== undefined && found.annotations === undefined);
  return found;
}

const names = [
  'team/digits:1.0.0-rc.1+gpu',
  'team/digits:1.0.0-rc.1+gpu_version',
  'team/digits:1.0.0-rc.1+gpu_golden',
  'team/digits:1.0.0',
  'team/digits:1.0.0_version',
];

for (const [form, transport] of [
  ['layout', 'oci'],
  ['layout.tar', 'oci-archive'],
] as const) {
  test(
    `skopeo copies every part of ${form} by its name, and keeps every digest`,
    withSkopeo,
    async (context) => {
      const { path, digest } = await exported(context, form);
      const copy = join(tempFolder(context), 'copy');
      for (const one of names)
        run('skopeo', 'copy', '-q', `${transport}:${path}:${one}`, `oci:${copy}:${one}`);
      const copied = readLayout(copy);
      assert.ok(copied.has(blobOf(digest)));
      if (form === 'layout') {
        const blobs = (layout: ReadonlyMap<string, unknown>) =>
          [...layout.keys()].filter((file) => file.startsWith('blobs/')).toSorted();
        const whole = readLayout(path);
        whole.delete(blobOf(referrerOf(whole).digest));
        assert.deepEqual(blobs(copied), blobs(whole));
      }
      const manifest = run('skopeo', 'inspect', '--raw', `${transport}:${path}:${names[0]}`);
      assert.equal(manifest, readFileSync(join(copy, blobOf(digest)), 'utf8'));
      const to = await tempRegistry(context);
      await importVersions(to, { path: copy });
      assert.equal((await show(to, ref(`${name}@1.0.0-rc.1+gpu`))).record.artifact.digest, digest);
      assert.deepEqual((await verify(to, {})).problems, []);
    },
  );
}

test('the parts of a version are referrers of its artifact, and enough without their names', async (context) => {
  const { path, digest } = await exported(context, 'layout');
  const layout = readLayout(path);
  const listed = (jsonOf(layout, 'index.json')['manifests'] as Descriptor[]).slice(0, 4);
  const [artifact, record, golden, referrer] = listed;
  assert.ok(artifact !== undefined && record !== undefined && golden !== undefined);
  assert.equal(artifact.digest, digest);
  assert.deepEqual(referrer, referrerOf(layout));
  for (const one of [record, referrerOf(layout)])
    assert.equal(jsonOf(layout, blobOf(one.digest))['subject'].digest, digest);

  // As oras cp -r leaves it: what refers to the artifact, and what that needs.
  const alone = reindex(layout, [artifact, record, referrerOf(layout)]);
  alone.delete(blobOf(golden.digest));
  const to = await tempRegistry(context);
  const copy = writeLayout(alone, join(tempFolder(context), 'copy'));
  assert.equal((await importVersions(to, { path: copy })).changed, true);
  const { record: stored } = await show(to, ref(`${name}@1.0.0-rc.1+gpu`));
  assert.equal(stored.golden?.digest, golden.digest);
  assert.deepEqual((await verify(to, {})).problems, []);
  const { versions } = await importVersions(to, { path });
  assert.deepEqual(
    versions.map(({ changed }) => changed),
    [false, true],
    'the same as from the whole export',
  );

  const without = reindex(alone, [artifact, record]);
  const other = await tempRegistry(context);
  await assert.rejects(
    importVersions(other, { path: writeLayout(without, join(tempFolder(context), 'without')) }),
    failsWith('INTEGRITY', /1\.0\.0-rc\.1\+gpu in the layout lacks its golden set/),
  );
});

test(
  'the artifact alone, copied by skopeo, does not say its name; with its record it is the version',
  withSkopeo,
  async (context) => {
    const { path } = await exported(context, 'layout');
    const copy = join(tempFolder(context), 'copy');
    run('skopeo', 'copy', '-q', `oci:${path}:${names[3]}`, `oci:${copy}:x`);
    const to = await tempRegistry(context);
    const attempt = () => importVersions(to, { path: copy });
    await assert.rejects(attempt, failsWith('INVALID_INPUT', /does not say the name of its model/));
    run('skopeo', 'copy', '-q', `oci:${path}:${names[4]}`, `oci:${copy}:y`);
    assert.equal((await attempt()).changed, true, 'under whatever names');
  },
);

test(
  'tar unpacks an export to the folder form of it, and packs what can be imported',
  withTar,
  async (context) => {
    const { path } = await exported(context, 'a.tar');
    const folder = tempFolder(context);
    run('tar', '-xf', path, '-C', folder);
    const to = await tempRegistry(context);
    assert.equal((await importVersions(to, { path: folder })).changed, true);
    const again = join(tempFolder(context), 'again');
    await exportVersions(to, { refs: [ref(name)], output: again });
    for (const format of ['gnu', 'ustar', 'pax']) {
      const packed = join(tempFolder(context), 'b.tar');
      run('tar', `--format=${format}`, '-cf', packed, '-C', folder, '.');
      assert.equal((await importVersions(to, { path: packed })).changed, false, format);
    }
    assert.equal(await to.metadata.hasModel(modelName(name)), true);
  },
);
