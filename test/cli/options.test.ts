import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandWord } from '../../src/cli/command-table.ts';
import { collect, collectPair, parseCount, parseFolder } from '../../src/cli/options/options.ts';
import { openMain } from '../support/run-main.ts';
import { failsWith } from '../support/temp-folder.ts';

test('key=value options are collected; only the first = separates', () => {
  const add = collectPair('--tag');
  const pairs = add('b=x=y', add('a=', undefined));
  assert.deepEqual(pairs, [
    { key: 'a', value: '' },
    { key: 'b', value: 'x=y' },
  ]);
});

test('a pair without a key, or a key given twice, is refused', () => {
  const add = collectPair('--metric');
  assert.throws(() => add('auc', undefined), failsWith('USAGE', /--metric "auc"/));
  assert.throws(() => add('=1', undefined), failsWith('USAGE'));
  assert.throws(() => add('auc=2', add('auc=1', undefined)), failsWith('INVALID_INPUT', /duplicate .*"auc"/));
});

test('a repeatable option takes one value each time', () => {
  assert.deepEqual(collect('b', collect('a', undefined)), ['a', 'b']);
});

test('counts are whole numbers within their bounds', () => {
  const parse = parseCount('--limit', 1, 100);
  assert.equal(parse('100'), 100);
  for (const text of ['', '0', '101', '-1', '1.5', '1e1', '0x10', ' 5', 'ten', '9'.repeat(400)])
    assert.throws(() => parse(text), failsWith('USAGE', /--limit/), text);
});

test('an empty path is refused: an unset shell variable must not mean the working folder', () => {
  assert.equal(parseFolder('--registry')('x'), 'x');
  assert.throws(() => parseFolder('--registry')(''), failsWith('USAGE', /--registry is empty/));
});

test('what reads a file says of a URL that it is one, and not that a file is missing', async (t) => {
  const run = openMain(t);
  await run(['init']);
  for (const words of [
    'import URL',
    'policy apply URL',
    'policy check a@1.0.0 --to staging --policy URL',
    'promote a@1.0.0 --to staging --policy URL',
    'test a --against URL',
    'bench a --input URL',
    'verify --checkpoint URL',
  ]) {
    const args = words.split(' ').map((word) => (word === 'URL' ? 's3://models/x' : word));
    const { code, stderr } = await run(args);
    assert.equal(code, 2, words);
    assert.match(stderr, /"s3:\/\/models\/x" is a URL, and only local files are read\n.*download it/, words);
  }
});

test('the command is the first word that is neither an option nor the value of one', () => {
  assert.equal(commandWord(['list', 'x']), 'list');
  assert.equal(commandWord(['--registry', 'list', '--json', 'show']), 'show');
  assert.equal(commandWord(['--registry=list', 'show']), 'show');
  assert.equal(commandWord(['--wait', '1s', '--actor', 'register', 'promote']), 'promote');
  assert.equal(commandWord(['--json']), undefined);
  assert.equal(commandWord(['--help', 'list']), undefined, 'help on the program, with all of its commands');
});
