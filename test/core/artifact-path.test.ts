import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkArtifactPaths } from '../../src/core/versions/artifact.ts';
import { failsWith } from '../support/temp-folder.ts';

const collisions: [what: string, paths: string[]][] = [
  ['by case', ['model.onnx', 'Model.onnx']],
  ['by Unicode form', ['caf\u00e9', 'cafe\u0301']],
  ['by both', ['CAF\u00c9', 'cafe\u0301']],
  ['by the case of a folder', ['a/x', 'A/y']],
  ['of a file with a folder', ['data', 'Data/x']],
  ['by a sigma at the end', ['\u03b1\u03a3', '\u03b1\u03c3']],
  ['by sharp s', ['stra\u00dfe', 'STRASSE']],
  ['by long s', ['\u017f', 's']],
];

for (const [what, paths] of collisions) {
  test(`names that collide ${what} are refused`, () => {
    const why = failsWith('INVALID_INPUT', /differs from .* only in case or Unicode form/);
    assert.throws(() => checkArtifactPaths(paths), why);
    assert.throws(() => checkArtifactPaths(paths.toReversed()), why);
  });
}

const refused: [what: string, path: string][] = [
  ['empty', ''],
  ['absolute', '/etc/passwd'],
  ['a drive', 'C:/x'],
  ['climbing out', '../x'],
  ['climbing in between', 'a/../x'],
  ['a dot', './x'],
  ['an empty part', 'a//x'],
  ['a folder', 'a/'],
  ['a backslash', 'a\\x'],
  ['NUL', 'a\0'],
  ['newline', 'a\nb'],
  ['escape', '\u001b[2J'],
  ['half a surrogate pair', 'a\ud800'],
  ['1025 characters', 'x'.repeat(1025)],
];

for (const [what, path] of refused) {
  test(`a path is refused: ${what}`, () => {
    assert.throws(() => checkArtifactPaths(['model.onnx', path]), failsWith('INVALID_INPUT', /invalid path/));
  });
}

test('the reason is the real one', () => {
  const reasons: [path: string, why: RegExp][] = [
    ['', /: it is empty$/],
    ['x'.repeat(1025), /: it has 1025 characters; the limit is 1024$/],
    ['/etc/passwd', /: it is absolute$/],
    ['x:y.bin', /: it looks like a Windows drive$/],
    ['a\\x', /: it contains a backslash$/],
    ['a\nb', /: it contains a control character$/],
  ];
  for (const [path, why] of reasons)
    assert.throws(() => checkArtifactPaths(['model.onnx', path]), failsWith('INVALID_INPUT', why));
});

test('a file cannot also be a folder', () => {
  assert.throws(() => checkArtifactPaths(['a', 'a/b']), failsWith('INVALID_INPUT'));
  assert.throws(() => checkArtifactPaths(['a/b', 'a']), failsWith('INVALID_INPUT'));
});

test('a path stands once', () => {
  assert.throws(() => checkArtifactPaths(['a', 'b', 'a']), failsWith('INVALID_INPUT'));
});

test('ordinary names are allowed', () => {
  const paths = [
    'model.onnx',
    'a/b/c.bin',
    'a/b/d',
    'a/x y',
    '..x',
    'ü/日本.txt',
    '.hidden',
    'x'.repeat(1024),
  ];
  assert.doesNotThrow(() => checkArtifactPaths(paths));
});
