import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withMlreg } from '../../support/documented-commands.ts';
import { runCli, type Run } from '../../support/run-cli.ts';
import { extractScripts, guideCommands, type Recipe } from '../../support/training-guide.ts';
import { breakExport, wrongExports } from './wrong-exports.ts';

/**
 * Follows the guide in the empty folder `cwd`: runs a script, and then every command of the guide
 * on what it leaves. Then does the same with a wrong export, which must not pass. Throws an
 * AssertionError that says what was different.
 */
export async function tryRecipe(
  python: string,
  { script: [name, ...args] }: Recipe,
  cwd: string,
): Promise<void> {
  const env = withMlreg(cwd);
  extractScripts(cwd, env);
  const mlreg = (...words: string[]): Promise<Run> => runCli(words, { cwd });
  const train = async (): Promise<void> => {
    await promisify(execFile)(python, [name, ...args], {
      cwd,
      env: { ...env, TF_CPP_MIN_LOG_LEVEL: '3', PYTHONDONTWRITEBYTECODE: '1' },
      maxBuffer: 2 ** 26,
    });
  };
  await train();
  for (const command of guideCommands) {
    const { code, stderr } = await mlreg(...command.split(' ').slice(1));
    assert.equal(code, 0, `${command}: ${stderr}`);
  }
  const tested = await mlreg('test', 'churn', '--json');
  const { cases } = JSON.parse(tested.stdout) as { cases: { match: boolean; worst: unknown }[] };
  assert.equal(cases.length, 2, 'a case of one row and a case of many');
  assert.ok(
    cases.every(({ match }) => match),
    tested.stdout,
  );
  const { signature, metadata } = (await mlreg('show', 'churn', '--json')).json;
  const { accuracy = 0 } = metadata.metrics ?? {};
  assert.ok(accuracy > 0.85, `it has learned nothing: accuracy ${accuracy}`);
  assert.match(metadata.data?.find(({ name: data }) => data === 'train')?.hash ?? '', /^sha256:/);
  for (const { name: input, shape } of signature?.inputs ?? [])
    assert.notEqual(typeof shape[0], 'number', `the batch size of ${input} is ${shape[0]}`);

  const wrong = wrongExports[name];
  assert.ok(wrong !== undefined, `${name} has no wrong export`);
  const file = join(cwd, wrong.file);
  writeFileSync(file, breakExport(readFileSync(file, 'utf8'), wrong));
  await train();
  const registered = await mlreg('register', 'wrong', 'model.onnx', '--golden', 'golden.json');
  assert.equal(registered.code, 0, registered.stderr);
  for (const command of ['test', 'bench']) {
    const { code, stderr } = await mlreg(command, 'wrong');
    assert.equal(code, 5, `${command} of a model that ${wrong.what}: ${stderr}`);
  }
}
