import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { codeBlocks, guide } from '../support/guides.ts';
import { bin, cleanEnv } from '../support/run-cli.ts';
import { fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';

/**
 * The commands of the guide other-tools, with the tools themselves. A block whose tool is not installed is skipped;
 * `npm run test:services -- oci-tools` installs them.
 */

const tools = ['oras', 'skopeo'];
const isInstalled = (tool: string): boolean => spawnSync(tool, ['--help']).error === undefined;

/** A folder with `mlreg` on the path, and a registry with digits 1.0.0 and 1.1.0, each with its golden set. */
function openPlace(context: Cleanup): (script: string) => string {
  const cwd = tempFolder(context);
  const path = join(cwd, 'path');
  mkdirSync(path);
  writeFileSync(join(path, 'mlreg'), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`);
  chmodSync(join(path, 'mlreg'), 0o755);
  const env = cleanEnv({ PATH: `${path}:${process.env['PATH']}`, HOME: cwd, TMPDIR: cwd });
  const run = (script: string): string => {
    const options = { cwd, env, encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], options);
    assert.equal(status, 0, `${script}\n${stdout}${stderr}`);
    return stdout;
  };
  run('mlreg init');
  for (const name of ['digits_mlp', 'digits_mlp_v2']) {
    const folder = fixture(name);
    run(`mlreg register digits ${folder}/model.onnx --golden ${folder}/golden.json`);
  }
  return run;
}

test('the commands of the guide work as written', async (t) => {
  const run = openPlace(t);
  for (const block of codeBlocks(guide('other-tools'), 'bash')) {
    const missing = tools.filter((tool) => new RegExp(`\\b${tool} `).test(block) && !isInstalled(tool));
    const skip = missing.length > 0 && `${missing.join(', ')} is not installed`;
    await t.test(block, { skip }, () => void run(block));
    if (skip !== false) continue;
    const home = /--registry (\S+)/.exec(block)?.[1];
    if (home === undefined) continue;
    run(`mlreg verify --registry ${home}`);
    assert.match(run(`mlreg test digits@1.1.0 --registry ${home}`), /pass/);
    assert.equal(
      run('mlreg show digits@1.1.0 --quiet'),
      run(`mlreg show digits@1.1.0 --quiet --registry ${home}`),
    );
  }
});
