import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { model, openRegistryShell } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';

const quick = ['--iterations', '80', '--warmup', '2'];

test('a profile is printed and stored with the bench, and leaves no file behind', async (t) => {
  const tmp = tempFolder(t);
  const shell = await openRegistryShell(t, { TMPDIR: tmp });
  await shell.json('register', 'digits', model('digits_mlp'));
  const run = await shell.run('bench', 'digits', '--profile', '--launches', '1', ...quick, '--json');
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(readdirSync(tmp), []);
  interface Profiled {
    latencyMs: { n: number };
    profile: { operators: { op: string; domain: string | null; countPerRun: number }[] };
  }
  const { profile, latencyMs } = JSON.parse(run.stdout) as Profiled;
  assert.equal(latencyMs.n, 80, 'profiled runs are no timed runs');
  assert.deepEqual(
    profile.operators.map(({ op, domain, countPerRun }) => `${op} ${domain} ${countPerRun}`).toSorted(),
    ['ArgMax ai.onnx 1', 'FusedGemm null 1', 'Gemm ai.onnx 1', 'Mul ai.onnx 1', 'Softmax ai.onnx 1'],
  );
  const shown = (await shell.json('show', 'digits')) as unknown as { benches: Profiled[] };
  assert.deepEqual(shown.benches[0]?.profile, profile);

  const piped = await shell.run(
    'bench',
    'digits',
    '--profile',
    '--launches',
    '1',
    ...quick,
    '--baseline',
    'digits',
  );
  assert.match(piped.stdout, /^operator\tSoftmax\tai\.onnx\t1\t[\d.e-]+\t[\d.e-]+$/m);
  assert.match(piped.stdout, /^phase\tfetchMs\t/m);
});

test('on a terminal a profile says where the time goes', { skip: noTerminal }, async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  const args = ['bench', 'digits', '--profile', '--launches', '1', ...quick];
  const { stdout } = await runOnTerminal(args, { cwd: shell.cwd });
  assert.match(stdout, /WHERE THE TIME GOES/);
  assert.match(stdout, /FusedGemm .* ONNX Runtime/);
  assert.match(stdout, /100\.0%/);
});
