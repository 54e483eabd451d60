import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMain } from '../support/run-main.ts';
import { fixture, tempFolder } from '../support/temp-folder.ts';

const model = fixture('digits_mlp/model.onnx');

test('every command runs to its exit code', async (t) => {
  const run = openMain(t);
  const lines: [args: string[], code: number][] = [
    [[], 0],
    [['list'], 3],
    [['init'], 0],
    [['init', 'x', '--registry', 'y'], 2],
    [['register', 'digits', model, '--metric', 'auc=0.9', '--param', 'a=1', '--tag', 'b=c', '--no-git'], 0],
    [['register', 'digits', model, '--bump', 'minor', '--if-exists', 'new', '--description', 'again'], 0],
    [['register', 'digits', model, '--version', '1.0.0', '--bump', 'minor'], 2],
    [['register', 'digits', model, '--metadata', fixture('digits_mlp/metadata.json'), '--data', model], 0],
    [['list'], 0],
    [['list', 'digits', '--all'], 0],
    [['list', '--all'], 0],
    [['list', '--all', '--page', 'x'], 2],
    [['show', 'digits', '--files'], 0],
    [['show', 'digits', '--metadata'], 0],
    [['show', 'digits', '-q'], 0],
    [['promote', 'digits@1.0.0', '--to', 'production', '--expect', 'none', '--dry-run'], 0],
    [['promote', 'digits@1.0.0', '--to', 'production', '-m', 'first'], 0],
    [['promote', 'digits@1.1.0', '--to', 'production', '--expect', '1.1.1'], 4],
    [['promote', 'digits@1.1.0', '--to', 'production'], 0],
    [['rollback', 'digits', '--yank', '-m', 'unfit'], 0],
    [['rollback', 'digits', '--steps', '1', '--to-version', '1.0.0'], 2],
    [['unyank', 'digits@1.1.0', '-m', 'fit'], 0],
    [['yank', 'digits@1.1.0', '-m', ' '], 2],
    [['yank', 'digits@1.1.0', '-m', 'unfit'], 0],
    [['history', 'digits', '--stage', 'production', '--at', '0s'], 0],
    [['demote', 'digits', '--stage', 'production'], 0],
    [['history', '--limit', '3'], 0],
    [['pull', 'digits@1.0.0', '-q', '-o', tempFolder(t)], 0],
    [['verify'], 0],
    [['verify', 'digits@1.0.0', '--json'], 0],
    [['help', 'references'], 0],
    [['help', 'show'], 0],
    [['help'], 0],
    [['help', 'nothing'], 2],
    [['frobnicate'], 2],
    [['--version'], 0],
    [['show', 'digits', '--json', '--quiet'], 2],
    [['show', 'digits@9.9.9', '--no-color'], 3],
  ];
  for (const [args, code] of lines) {
    const result = await run(args);
    assert.equal(result.code, code, `${args.join(' ')}: ${result.stderr}`);
    assert.equal(result.stderr === '', code === 0, args.join(' '));
  }
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(`${signal} stops the work and exits ${code}; the same signal again at once changes nothing`, async (t) => {
    const run = openMain(t);
    await run(['init']);
    const { process, ...result } = await run(['register', 'digits', model, '--json'], (fake) => {
      setImmediate(() => {
        fake.emit(signal, signal);
        fake.emit(signal, signal);
      });
    });
    assert.equal(result.code, code);
    assert.match(result.stderr, /"INTERRUPTED"/);
    assert.deepEqual(process.killed, []);
    assert.match((await run(['list', '--json'])).stdout, /"models":\[\]/);
  });
}

test('a closed pipe is no failure; any other reason why the result is lost is exit 8', async (t) => {
  const run = openMain(t);
  await run(['init']);
  for (const [errno, code] of [
    ['EPIPE', 0],
    ['ENOSPC', 8],
  ] as const) {
    const { code: exitCode, stderr } = await run(['list', '--json'], ({ stdout }) => {
      const lost = Object.assign(new Error('write'), { code: errno });
      stdout.onWrite = () => process.nextTick(() => stdout.emit('error', lost));
    });
    assert.equal(exitCode, code);
    assert.equal(stderr.includes('STORAGE'), code === 8);
  }
});

test('a failure nobody expected is INTERNAL, exit 1, and says that it is a bug', async (t) => {
  const run = openMain(t);
  await run(['init']);
  const { code, stderr } = await run(['list', '--json'], ({ stdout }) => {
    stdout.onWrite = () => {
      throw new TypeError('unforeseen');
    };
  });
  assert.equal(code, 1);
  assert.match(stderr, /"INTERNAL".*bug in mlreg\): TypeError: unforeseen/);
});
