import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { exportVersions } from '../../src/registry/exchange/export.ts';
import { importVersions } from '../../src/registry/exchange/import.ts';
import { show } from '../../src/registry/inspect/show.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { yank } from '../../src/registry/versions/yank.ts';
import { hashData } from '../../src/registry/register/data-hash.ts';
import {
  foreignLayout,
  kitConfig,
  packConfig,
  tarred,
  titled,
  type ArtifactSpec,
} from '../support/foreign-layouts.ts';
import { readLayout, tarEntry, tarOf, writeLayout, type Layout } from '../support/layouts.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, exact, modelName, ref, tempRegistry, version } from '../support/temp-registry.ts';

/** What other tools pack is registered like files of one's own. */

const model = readFileSync(fixture('digits_mlp/model.onnx'));
const retrained = readFileSync(fixture('digits_mlp_retrained/model.onnx'));
const csv = readFileSync(fixture('digits_mlp/train.csv'));

const folderOf = (context: Cleanup, layout: Layout): string =>
  writeLayout(layout, join(tempFolder(context), 'layout'));

const kitfile = {
  manifestVersion: '1.0.0',
  package: { name: 'digits', version: '2.1.0', description: 'Small', license: 'MIT', authors: ['ada', 'bo'] },
  model: {
    name: 'other',
    path: 'model.onnx',
    framework: 'sklearn',
    parameters: { lr: 0.1, deep: { a: [1] } },
  },
  datasets: [{ name: 'train', path: 'data/', digest: '' }],
  code: [{ path: 'run.sh' }],
};

/** As `kit pack` writes it. */
function kit(compress: (bytes: Buffer) => Buffer = (bytes) => bytes, suffix = ''): ArtifactSpec {
  const layer = (kind: string, bytes: Buffer) => ({
    mediaType: `application/vnd.kitops.modelkit.${kind}.v1.tar${suffix}`,
    bytes: compress(bytes),
  });
  const script = Buffer.from(tarEntry('run.sh', '#!/bin/sh\n'));
  script.write('0000755\0', 100);
  const dataset = layer('dataset', tarred({}, tarEntry('data/', '', '5'), tarEntry('data/train.csv', csv)));
  const layers = [
    layer('model', tarred({ 'model.onnx': model })),
    layer('code', tarred({}, resealed(script))),
    dataset,
  ];
  return { config: kitConfig(withDigest(dataset.bytes)), layers, names: ['v9.9.9'] };
}

function withDigest(bytes: Uint8Array): object {
  const layout = foreignLayout({ layers: [titled('x', bytes)] });
  const name = [...layout].find(([, content]) => content === bytes)?.[0] ?? '';
  const digest = name.replace('blobs/sha256/', 'sha256:');
  return { ...kitfile, datasets: [{ ...kitfile.datasets[0], digest }] };
}

function resealed(entry: Buffer): Buffer {
  const header = entry.subarray(0, 512);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return entry;
}

test('a KitOps model becomes a version with what its Kitfile says, however its layers are compressed', async (context) => {
  const to = await tempRegistry(context);
  const data = join(tempFolder(context), 'data');
  mkdirSync(data);
  writeFileSync(join(data, 'train.csv'), csv);
  const { hash } = await hashData(data);
  const path = folderOf(context, foreignLayout(kit()));
  const first = await importVersions(to, { path, message: 'from kit' });
  assert.equal(first.changed, true);
  assert.deepEqual(first.warnings, ['the data set "train" was not stored, only its hash']);
  assert.equal(first.versions[0]?.ref, 'digits@2.1.0', 'its own version, not the tag');
  assert.equal(first.versions[0]?.registry, null);
  const { record } = await show(to, ref('digits@2.1.0'));
  assert.deepEqual(
    record.artifact.files.map((file) => file.path),
    ['model.onnx', 'run.sh'],
  );
  assert.deepEqual(record.executable, ['run.sh']);
  assert.equal(record.onnx?.signature.inputs[0]?.name, 'X');
  const { metadata, source } = record;
  assert.equal(metadata.description, 'Small');
  assert.equal(metadata.framework, 'sklearn');
  assert.deepEqual(metadata.tags, { license: 'MIT', authors: 'ada, bo' });
  assert.deepEqual(metadata.params, { lr: 0.1, deep: '{"a":[1]}' });
  assert.deepEqual(metadata.data, [{ name: 'train', hash, size: csv.length }]);
  assert.deepEqual(source?.['artifact'], first.versions[0]?.source);
  assert.equal(first.versions[0]?.source?.system, 'kitops');
  assert.deepEqual((await verify(to, {})).problems, []);

  assert.equal((await importVersions(to, { path })).changed, false);
  const packers: [(bytes: Buffer) => Buffer, string][] = [
    [(bytes) => gzipSync(bytes), '+gzip'],
    [(bytes) => zstdCompressSync(bytes), '+zstd'],
  ];
  for (const [compress, suffix] of packers) {
    const packed = folderOf(context, foreignLayout(kit(compress, suffix)));
    assert.equal((await importVersions(to, { path: packed })).changed, false, suffix);
  }
});

test('a ModelPack artifact with raw and packed layers, in a tar archive of the layout', async (context) => {
  const pack = (kind: string) => `application/vnd.cncf.model.${kind}`;
  const layout = foreignLayout({
    artifactType: 'application/vnd.cncf.model.manifest.v1+json',
    config: packConfig({
      descriptor: {
        name: 'team/digits',
        version: 'v1.4.0',
        createdAt: '2026-01-02T03:04:05Z',
        authors: ['ada'],
        licenses: ['MIT', 'Apache-2.0'],
        sourceURL: 'https://example.com/digits',
        revision: 'abc',
        datasetsURL: ['https://example.com/data'],
      },
      config: { format: 'onnx', paramSize: '2k' },
      modelfs: { type: 'layers', diffIds: [] },
    }),
    layers: [
      {
        mediaType: pack('weight.v1.raw'),
        bytes: model,
        annotations: { 'org.cncf.model.filepath': 'model.onnx' },
      },
      { mediaType: pack('doc.v1.tar+gzip'), bytes: gzipSync(tarred({ './docs/README.md': '# hi' })) },
      {
        mediaType: pack('dataset.v1.raw'),
        bytes: csv,
        annotations: { 'org.cncf.model.filepath': 'train.csv' },
      },
    ],
  });
  const to = await tempRegistry(context);
  const path = join(tempFolder(context), 'pack.tar');
  writeFileSync(path, tarOf(layout));
  const { versions } = await importVersions(to, { path });
  assert.equal(versions[0]?.ref, 'team/digits@1.4.0');
  const { record } = await show(to, ref('team/digits'));
  assert.deepEqual(
    record.artifact.files.map((file) => file.path),
    ['docs/README.md', 'model.onnx'],
  );
  assert.deepEqual(record.metadata.tags, { license: 'MIT AND Apache-2.0', authors: 'ada' });
  const { hash } = await hashData(fixture('digits_mlp/train.csv'));
  assert.deepEqual(record.metadata.data, [
    { name: 'dataset-url-1', uri: 'https://example.com/data' },
    { name: 'train.csv', hash, size: csv.length },
  ]);
  assert.equal(record.source?.['repository'], 'https://example.com/digits');
  assert.equal(versions[0]?.source?.createdAt, '2026-01-02T03:04:05Z');
  assert.equal((await importVersions(to, { path })).changed, false);
});

test('what oras pushed: titles are paths, a folder is unpacked, the number follows the rules of register', async (context) => {
  const to = await tempRegistry(context);
  const pushed = (bytes: Uint8Array, rest: Partial<ArtifactSpec> = {}) =>
    folderOf(
      context,
      foreignLayout({
        artifactType: 'application/vnd.acme.model',
        annotations: {
          'org.opencontainers.image.title': 'digits',
          'org.opencontainers.image.licenses': 'MIT',
        },
        layers: [
          // oras gives files the type of an archive.
          titled('model.onnx', bytes, 'application/vnd.oci.image.layer.v1.tar'),
          {
            ...titled(
              'd',
              gzipSync(tarred({ 'd/README.md': '# hi' })),
              'application/vnd.oci.image.layer.v1.tar+gzip',
            ),
            annotations: { 'org.opencontainers.image.title': 'd', 'io.deis.oras.content.unpack': 'true' },
          },
        ],
        names: ['latest'],
        ...rest,
      }),
    );
  const first = await importVersions(to, { path: pushed(model) });
  assert.equal(first.versions[0]?.ref, 'digits@1.0.0');
  const second = await importVersions(to, { path: pushed(retrained) });
  assert.equal(second.versions[0]?.ref, 'digits@1.0.1', 'the same graph with other weights');
  const tagged = pushed(model, { names: ['localhost:5000/acme/digits:v3.0.0', 'stable'] });
  assert.equal((await importVersions(to, { path: tagged })).versions[0]?.ref, 'digits@3.0.0');
  await assert.rejects(
    importVersions(to, { path: pushed(retrained, { names: ['3.0.0'] }) }),
    (error: Error & { hint?: string }) => {
      assert.match(error.hint ?? '', /^use --bump auto/);
      return failsWith(
        'CONFLICT',
        /version 3\.0\.0, which the artifact or its tag says, is taken.*; nothing was imported$/,
      )(error);
    },
  );
  await assert.rejects(
    importVersions(to, { path: pushed(retrained), number: { kind: 'exact', version: version('3.0.0') } }),
    failsWith('CONFLICT', /version 3\.0\.0 is taken.*; nothing was imported$/),
  );
  await yank(to, { ref: exact('digits@1.0.1'), reason: 'wrong labels' });
  await assert.rejects(
    importVersions(to, { path: pushed(retrained) }),
    (error: Error & { hint?: string }) => {
      assert.equal(error.hint, 'mlreg unyank digits@1.0.1, and import it again');
      return failsWith('CONFLICT', /which is yanked: wrong labels; nothing was imported$/)(error);
    },
  );
  const bumped = await importVersions(to, {
    path: pushed(retrained, { names: ['3.0.0'] }),
    name: modelName('other'),
    number: { kind: 'auto' },
  });
  assert.equal(bumped.versions[0]?.ref, 'other@1.0.0');
  assert.deepEqual((await show(to, ref('other'))).record.tags, { license: 'MIT' });
});

test('several artifacts are listed, and one is chosen by name, tag or digest; what is about another one is no choice', async (context) => {
  const to = await tempRegistry(context);
  const one = { layers: [titled('model.onnx', model)], names: ['a:1.0.0'] };
  const two = { layers: [titled('model.onnx', retrained)], names: ['b:2.0.0'] };
  const layout = foreignLayout(one, two);
  const path = folderOf(context, layout);
  const name = modelName('digits');
  await assert.rejects(
    importVersions(to, { path, name }),
    failsWith('INVALID_INPUT', /2 artifacts: "a:1\.0\.0" sha256:\w+ \(OCI artifact\); "b:2\.0\.0"/),
  );
  await assert.rejects(
    importVersions(to, { path, name, select: 'c' }),
    failsWith('INVALID_INPUT', /no artifact of the layout matches "c"/),
  );
  assert.equal((await importVersions(to, { path, name, select: '2.0.0' })).versions[0]?.ref, 'digits@2.0.0');
  const listed = (
    JSON.parse(new TextDecoder().decode(layout.get('index.json'))) as { manifests: { digest: string }[] }
  ).manifests;
  const digest = listed[0]?.digest ?? '';
  assert.equal(
    (await importVersions(to, { path, name, select: digest.slice(0, 20) })).versions[0]?.ref,
    'digits@1.0.0',
  );

  const signature = { layers: [titled('sig', Buffer.from('x'))], subject: { ...listed[0], mediaType: 'x' } };
  const signed = folderOf(context, foreignLayout(one, signature));
  assert.equal((await importVersions(to, { path: signed, name })).changed, false);
});

test('what is no model, or does not say its name, is refused with the next step', async (context) => {
  const to = await tempRegistry(context);
  const refuses = async (spec: ArtifactSpec, message: RegExp): Promise<void> => {
    const path = folderOf(context, foreignLayout(spec));
    await assert.rejects(importVersions(to, { path }), failsWith('INVALID_INPUT', message));
  };
  const image = { mediaType: 'application/vnd.oci.image.config.v1+json', value: {} };
  await refuses({ config: image, layers: [] }, /container image, not a model/);
  await refuses({ layers: [titled('model.onnx', model)] }, /does not say the name/);
  await refuses(
    { layers: [titled('m', model)], annotations: { 'org.opencontainers.image.title': 'My Model' } },
    /named "My Model", which is not a valid model name/,
  );
  await refuses({ ...kit(), layers: [] }, /has no files/);
  const name = { annotations: { 'org.opencontainers.image.title': 'm' } };
  await refuses(
    { layers: [{ mediaType: 'text/plain', bytes: model }], ...name },
    /layer 1 .*has no file name/,
  );
  await refuses({ layers: [titled('model.onnx', Buffer.from('x'))], ...name }, /model\.onnx/);
  assert.equal((await to.metadata.events({ limit: 9 })).length, 1);

  const from = await tempRegistry(context);
  await add(from, 'digits', fixture('digits_mlp/model.onnx'));
  const path = join(tempFolder(context), 'export');
  await exportVersions(from, { refs: [ref('digits')], output: path });
  await assert.rejects(
    importVersions(to, { path, name: modelName('x') }),
    failsWith('INVALID_INPUT', /--name is for artifacts of other tools/),
  );
  assert.ok(readLayout(path).size > 0);
});
