import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bin, cleanEnv, runCli } from '../support/run-cli.ts';
import { fixture, tempFolder } from '../support/temp-folder.ts';

const script = fileURLToPath(new URL('pipeline.sh', import.meta.url));

test('a release pipeline in shell: to staging and production, a bad version is stopped, and back', async (t) => {
  const cwd = tempFolder(t);
  mkdirSync(join(cwd, 'bin'));
  symlinkSync(bin, join(cwd, 'bin', 'mlreg'));
  const path = [join(cwd, 'bin'), dirname(process.execPath), process.env['PATH']].join(delimiter);
  const env = { PATH: path, MLREG_REGISTRY: join(cwd, 'registry'), TMPDIR: cwd };
  const child = spawn('bash', [script, fixture('')], {
    cwd,
    env: cleanEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => void (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0, said);
  assert.equal(said, 'production is at digits@1.0.0 again\n');

  const { json } = await runCli(['history', 'digits', '--stage', 'production', '--json'], { cwd, env });
  assert.deepEqual(json.events.map(({ action, version, to }) => `${action} ${to ?? version}`).toReversed(), [
    'blocked 1.0.0',
    'promote 1.0.0',
    'promote 1.1.0',
    'blocked 1.2.0',
    'rollback 1.0.0',
  ]);
});
