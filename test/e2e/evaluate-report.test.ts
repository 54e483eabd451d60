import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { model, openRegistryShell } from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';

const evaluate = ['evaluate', 'digits', '--data', 'in.csv', '--target', 'target', '--html'];

test('a report that cannot be written is refused before anything is stored, and never replaces the data', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'), '--no-git');
  const data = join(shell.cwd, 'in.csv');
  copyFileSync(fixture('digits_mlp/test.csv'), data);
  const before = readFileSync(data, 'utf8');
  symlinkSync('in.csv', join(shell.cwd, 'link.html'));
  for (const name of ['in.csv', './in.csv', 'link.html']) {
    const { message } = await shell.fails(2, ...evaluate, name, '--force');
    assert.match(message, /--data and --html are the same file/);
    assert.equal(readFileSync(data, 'utf8'), before);
  }
  // A second name of the file is replaced, and the data keeps its own.
  linkSync(data, join(shell.cwd, 'second.html'));
  await shell.json(...evaluate, 'second.html', '--force');
  assert.equal(readFileSync(data, 'utf8'), before);
  assert.match(readFileSync(join(shell.cwd, 'second.html'), 'utf8'), /^<!doctype html>/);
  mkdirSync(join(shell.cwd, 'folder'));
  for (const [code, ...words] of [
    [4, 'second.html'],
    [4, 'folder', '--force'],
    [3, 'missing/report.html'],
    [2, 'registry/report.html'],
  ] as const)
    await shell.fails(code, ...evaluate, ...words, '--save');
  const { evaluations } = (await shell.json('show', 'digits')) as unknown as { evaluations: unknown[] };
  assert.deepEqual(evaluations, []);
  const failing = ['evaluate', 'digits', '--data', 'in.csv', '--target', 'nope', '--html', 'new.html'];
  const { message } = await shell.fails(2, ...failing);
  assert.equal(message, '--target: no column is named "nope"');
  assert.equal(existsSync(join(shell.cwd, 'new.html')), false);
  const drafts = readdirSync(shell.cwd).filter((name) => name.startsWith('.mlreg-'));
  assert.deepEqual(drafts, []);
});

test('the target is named by its own option where it is meant as an input, too', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'), '--no-git');
  const words = ['evaluate', 'digits', '--data', fixture('digits_mlp/test.csv'), '--target', 'target'];
  const { message } = await shell.fails(2, ...words, '--columns', 'target');
  assert.match(message, /^--columns and --target both name column \d+ "target"$/);
});

test('data of the future is refused', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'), '--no-git');
  const words = ['evaluate', 'digits', '--data', fixture('digits_mlp/test.csv'), '--target', 'target'];
  const { message } = await shell.fails(2, ...words, '--save', '--at', '2999-01-01');
  assert.match(message, /2999-01-01.*in the future/);
});
