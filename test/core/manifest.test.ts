import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestOf, artifactConfig, artifactManifest, sortFiles } from '../../src/core/versions/artifact.ts';
import type { ArtifactFile } from '../../src/core/versions/version-record.ts';

const sha256 = (text: string) => digestOf(createHash('sha256').update(text).digest('hex'));
const file = (path: string, content: string): ArtifactFile => ({
  path,
  digest: sha256(content),
  size: content.length,
});

function manifestOf(files: ArtifactFile[]): { config: string; manifest: string } {
  const sorted = sortFiles(files);
  const config = artifactConfig(sorted);
  return { config, manifest: artifactManifest(sorted, { digest: sha256(config), size: config.length }) };
}

const files = [file('model.onnx', 'graph'), file('weights/w.bin', 'weights')];

test('the same files have the same manifest, byte for byte, forever', () => {
  const { config, manifest } = manifestOf(files);
  const [graph, weights] = files.map((entry) => entry.digest);
  assert.equal(
    config,
    `{"config":{},"descriptor":{},"modelfs":{"diffIds":["${graph}","${weights}"],"type":"layers"}}`,
  );
  assert.equal(
    manifest,
    '{"artifactType":"application/vnd.cncf.model.manifest.v1+json",' +
      `"config":{"digest":"${sha256(config)}","mediaType":"application/vnd.cncf.model.config.v1+json","size":${config.length}},` +
      '"layers":[' +
      `{"annotations":{"org.cncf.model.filepath":"model.onnx"},"digest":"${graph}","mediaType":"application/vnd.cncf.model.weight.v1.raw","size":5},` +
      `{"annotations":{"org.cncf.model.filepath":"weights/w.bin"},"digest":"${weights}","mediaType":"application/vnd.cncf.model.weight.v1.raw","size":7}],` +
      '"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}',
  );
  assert.equal(sha256(manifest), 'sha256:1cb948402c25700c26028edfa78c0056c46ae66e61738715bbd8ba5faf5d4184');
});

test('the order in which files are found has no say', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(['a', 'b', 'a/b', 'a-b', 'B', 'é', 'z'], { minLength: 7 }), (paths) => {
      const found = paths.map((path) => file(path, path));
      assert.equal(
        manifestOf(found).manifest,
        manifestOf(found.toSorted((a, b) => (a.path < b.path ? -1 : 1))).manifest,
      );
    }),
  );
});

test('another name, another byte, another file: another manifest', () => {
  const variants = [
    files,
    files.slice(0, 1),
    [file('model2.onnx', 'graph'), file('weights/w.bin', 'weights')],
    [file('model.onnx', 'graph2'), file('weights/w.bin', 'weights')],
    [file('model.onnx', 'weights'), file('weights/w.bin', 'graph')],
  ];
  assert.equal(new Set(variants.map((variant) => manifestOf(variant).manifest)).size, variants.length);
});

test('files are sorted by the bytes of their UTF-8 names', () => {
  // By UTF-16 code units U+1F600 would come before U+FF5E.
  const names = ['\uff5e', '\u{1f600}', 'b', 'a', 'a/b', 'a.b', 'A', '\u00e9'];
  fc.assert(
    fc.property(fc.shuffledSubarray(names, { minLength: names.length }), (paths) => {
      const sorted = sortFiles(paths.map((path) => file(path, ''))).map((entry) => entry.path);
      assert.deepEqual(sorted, ['A', 'a', 'a.b', 'a/b', 'b', '\u00e9', '\uff5e', '\u{1f600}']);
    }),
  );
});
