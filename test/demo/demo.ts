/**
 * `npm run demo`: the main job on real models, with the built command, in a temporary folder.
 * Everything printed is what the command prints.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const mlreg = join(root, 'bin', 'mlreg.js');
const model = (name: string): string => join(root, 'test', 'fixtures', name, 'model.onnx');
const metadata = (name: string): string => join(root, 'test', 'fixtures', name, 'metadata.json');
const train = join(root, 'test', 'fixtures', 'digits_mlp', 'train.csv');

const folder = mkdtempSync(join(tmpdir(), 'mlreg-demo-'));
const started = performance.now();
try {
  say('A registry is a folder.');
  run('init');
  say('Two versions of a model, with metrics, parameters and the hash of the training data.');
  run(
    'register',
    'digits',
    model('digits_mlp'),
    '--metadata',
    metadata('digits_mlp'),
    '--data',
    `train=${train}`,
  );
  run(
    'register',
    'digits',
    model('digits_mlp_v2'),
    '--metadata',
    metadata('digits_mlp_v2'),
    '--data',
    `train=${train}`,
  );
  say('How fast is each, on this machine?');
  run('bench', 'digits@1.0.0', '--duration', '3s');
  run('bench', 'digits@1.1.0', '--duration', '3s');
  say('Version 1.0.0 goes to staging, then to production; then 1.1.0 takes its place.');
  run('promote', 'digits@1.0.0', '--to', 'staging');
  run('promote', 'digits@1.0.0', '--to', 'production');
  run('promote', 'digits@1.1.0', '--to', 'production', '--expect', '1.0.0', '-m', 'more accurate');
  run('list', 'digits');
  say('It is slower than callers can bear: back to the version before, in one command.');
  run('rollback', 'digits', '-m', 'too slow for the mobile app');
  run('show', 'digits@production');
  say('Who did what, and is everything still there?');
  run('history', 'digits');
  run('verify');
  say(`Done in ${((performance.now() - started) / 1000).toFixed(0)} s. The registry was in ${folder}.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function say(text: string): void {
  console.log(`\n# ${text}`);
}

function run(...args: string[]): void {
  console.log(
    `\n$ mlreg ${args.map((arg) => (/[\s"']/.test(arg) ? JSON.stringify(arg) : arg.replace(root, ''))).join(' ')}`,
  );
  const { status } = spawnSync(process.execPath, [mlreg, ...args], { cwd: folder, stdio: 'inherit' });
  if (status === 0) return;
  throw new Error(`mlreg ${args[0]} ended with ${status}`);
}
