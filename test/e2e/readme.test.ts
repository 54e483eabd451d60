import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { bin, cleanEnv } from '../support/run-cli.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';

const root = join(dirname(bin), '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The fenced blocks of a language, in order. */
function blocks(language: string): string[] {
  return [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, name, text]) =>
    name === language ? [text ?? ''] : [],
  );
}

/** A folder like a clone, with `mlreg` and `npx mlreg` on the path. */
function cloneLike(t: Cleanup): { cwd: string; env: Record<string, string> } {
  const cwd = tempFolder(t);
  symlinkSync(join(root, 'test'), join(cwd, 'test'));
  const path = join(cwd, 'path');
  mkdirSync(path);
  const launch = `exec '${process.execPath}' '${bin}' "$@"\n`;
  const scripts = {
    mlreg: `#!/bin/sh\n${launch}`,
    npx: `#!/bin/sh\n[ "$1" = mlreg ] || exit 99\nshift\n${launch}`,
  };
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(path, name), script);
    chmodSync(join(path, name), 0o755);
  }
  return { cwd, env: cleanEnv({ PATH: `${path}:${process.env['PATH']}`, TMPDIR: cwd }) };
}

/** What a training script would leave. */
function copyFixtures(cwd: string): void {
  for (const file of ['model.onnx', 'metadata.json', 'train.csv', 'golden.json'])
    cpSync(join(root, 'test', 'fixtures', 'digits_mlp', file), join(cwd, file));
}

const noPython = spawnSync('python3', ['--version']).status === 0 ? false : 'python3 is not installed';

function shell(script: string, { cwd, env }: { cwd: string; env: Record<string, string> }): string {
  const local = script.replaceAll('/tmp/', `${cwd}/`);
  const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', local], {
    cwd,
    env,
    encoding: 'utf8',
  });
  assert.equal(status, 0, `${script}\n${stdout}${stderr}`);
  return stdout;
}

test('every shell command of the README runs as written, in order', (t) => {
  const place = cloneLike(t);
  const scripts = blocks('sh');
  assert.ok(scripts.length >= 10, 'the README has its commands');
  for (const script of scripts) shell(script, place);
  assert.match(readFileSync(join(place.cwd, 'production.json'), 'utf8'), /"command":"show"/);
});

test('the Python of the README registers a model', { skip: noPython }, (t) => {
  const place = cloneLike(t);
  const [script = ''] = blocks('python');
  copyFixtures(place.cwd);
  shell('mlreg init', place);
  writeFileSync(join(place.cwd, 'register.py'), script);
  assert.equal(shell('python3 register.py', place), 'digits@1.0.0 is new\n');
  assert.equal(shell('python3 register.py', place), 'digits@1.0.0 was registered before\n');
});

test('the CI recipes of the README run as written', (t) => {
  const place = cloneLike(t);
  const [github = '', gitlab = ''] = blocks('yaml');
  const { jobs } = parse(github) as { jobs: { release: { steps: { run?: string }[] } } };
  const { release } = parse(gitlab) as { release: { script: string[] } };
  copyFixtures(place.cwd);
  const env = {
    ...place.env,
    MLREG_REGISTRY: join(place.cwd, 'srv'),
    GITHUB_ACTIONS: 'true',
    GITHUB_SHA: 'c0ffee',
    GITHUB_ACTOR: 'ada',
    CI_COMMIT_SHA: 'c0ffee',
  };
  shell('mlreg init', { ...place, env });
  const steps = jobs.release.steps.find(({ run }) => run?.includes('mlreg bench'))?.run ?? '';
  assert.match(steps, /mlreg promote/);
  shell(steps.replaceAll('--max-p95', '--iterations 300 --max-p95'), { ...place, env });
  const lines = release.script.join('\n');
  assert.match(lines, /mlreg register/);
  shell(lines, { ...place, env });
  assert.match(shell('mlreg show digits@production --quiet', { ...place, env }), /^digits@1\.0\.0\n$/);
});

test('the README names every command', async () => {
  const { commandTable } = await import('../../src/cli/command-table.ts');
  for (const { names } of commandTable)
    assert.ok(new RegExp(`\`mlreg ${names[0]}\\b`).test(readme), names[0]);
});
