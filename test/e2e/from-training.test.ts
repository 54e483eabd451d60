import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withMlreg } from '../support/documented-commands.ts';
import { guide } from '../support/guides.ts';
import { openShell } from '../support/run-cli.ts';
import { fixture, tempFolder } from '../support/temp-folder.ts';
import { extractScripts, guideCommands, recipes, scriptNames } from '../support/training-guide.ts';

const noPython = spawnSync('python3', ['--version']).status === 0 ? false : 'python3 is not installed';

test('the guide to training writes its scripts to files, each of which is valid Python', async (t) => {
  const folder = tempFolder(t);
  extractScripts(folder, withMlreg(folder));
  const written = readdirSync(folder).filter((name) => name !== 'path');
  assert.deepEqual(written.toSorted(), scriptNames.toSorted());
  await t.test('compiled', { skip: noPython }, () => {
    const { status, stderr } = spawnSync('python3', ['-m', 'py_compile', ...written], {
      cwd: folder,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  });
});

test('every script that the guide runs is in it, after its packages with their versions', () => {
  const run = recipes.map(({ script }) => script.join(' '));
  assert.deepEqual(run, [
    'from_sklearn.py',
    'from_trees.py lightgbm',
    'from_trees.py xgboost',
    'from_torch.py',
    'from_keras.py',
  ]);
  for (const { packages, script } of recipes) {
    assert.ok(scriptNames.includes(script[0]), script[0]);
    assert.ok(packages.length >= 4, script[0]);
    for (const name of packages) assert.match(name, /^[a-z0-9-]+==[\d.]+$/);
  }
});

test('the commands of the guide run on what a script leaves', async (t) => {
  const shell = openShell(t);
  for (const file of ['model.onnx', 'metadata.json', 'metrics.json', 'train.csv', 'golden.json'])
    cpSync(fixture(`digits_mlp/${file}`), join(shell.cwd, file));
  const verbs = guideCommands.map((command) => command.split(' ')[1]);
  assert.deepEqual(verbs, ['init', 'register', 'test', 'bench']);
  for (const command of guideCommands) {
    const quick = command.startsWith('mlreg bench') ? ['--duration', '100ms'] : [];
    const { code, stderr } = await shell.run(...command.split(' ').slice(1), ...quick);
    assert.equal(code, 0, `${command}: ${stderr}`);
  }
});

test('the guide to training can be read in one go', () => {
  assert.ok(guide('from-training').split('\n').length <= 250);
});
