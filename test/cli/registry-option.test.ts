import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { registryOption } from '../../src/cli/commands/maintain/init.ts';
import { tempFolder } from '../support/temp-folder.ts';

test('a registry is named where a command would not find it, as it can be typed', (t) => {
  const root = tempFolder(t);
  const make = (...path: string[]): string => {
    const home = join(root, ...path);
    mkdirSync(join(home, 'blobs', 'sha256'), { recursive: true });
    writeFileSync(join(home, 'registry.json'), '{}');
    return home;
  };
  const nearest = make('project', 'registry');
  const other = make('project', 'it is', 'elsewhere');
  const project = join(root, 'project');
  assert.equal(registryOption(nearest, {}, project), '');
  assert.equal(registryOption(nearest, {}, join(project, 'it is')), '');
  assert.equal(registryOption(other, {}, other), '', 'the current folder itself');
  assert.equal(registryOption(other, {}, project), " --registry 'it is/elsewhere'");
  assert.equal(registryOption(nearest, {}, other), ` --registry ${nearest}`);
  assert.equal(registryOption(other, { MLREG_REGISTRY: other }, project), '');
  assert.equal(
    registryOption(nearest, { MLREG_REGISTRY: 'it is/elsewhere' }, project),
    ' --registry registry',
  );
});
