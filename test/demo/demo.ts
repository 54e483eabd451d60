/**
 * `npm run demo`: the main job on real models, with the built command, in a temporary folder.
 * Everything printed is what the command prints.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const mlreg = join(root, 'bin', 'mlreg.js');
const model = (name: string): string => join(root, 'test', 'fixtures', name, 'model.onnx');
const metadata = (name: string): string => join(root, 'test', 'fixtures', name, 'metadata.json');
const train = join(root, 'test', 'fixtures', 'digits_mlp', 'train.csv');

/** The first row of the training data. */
const digit = (readFileSync(train, 'utf8').split('\n')[1] ?? '').split(',').slice(0, 64).map(Number);

const folder = mkdtempSync(join(tmpdir(), 'mlreg-demo-'));
const started = performance.now();
let server: ChildProcess | undefined;
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
  say('Production is served, and a client asks.');
  const url = await serve('digits@production');
  const before = await ask(url);
  say('A promotion swaps the version, and the client asks again.');
  run('promote', 'digits@1.1.0', '--to', 'production', '-m', 'the app bears it by now');
  let after = await ask(url, false);
  for (let tries = 0; after === before; tries++) {
    if (tries === 1000) throw new Error(`the server stays at ${before}`);
    after = await ask(url, false);
  }
  await ask(url);
  say(`digits ${before} answered before the promotion, and ${after} after it. Nobody restarted anything.`);
  say('Who did what, and is everything still there?');
  run('history', 'digits');
  run('verify');
  say(`Done in ${((performance.now() - started) / 1000).toFixed(0)} s. The registry was in ${folder}.`);
} finally {
  server?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

function say(text: string): void {
  console.log(`\n# ${text}`);
}

/** Starts a server on a free port, and resolves with its URL when it can answer. */
async function serve(ref: string): Promise<string> {
  const args = ['serve', ref, '--port', '0', '--json'];
  console.log(`\n$ mlreg ${args.join(' ')} &`);
  server = spawn(process.execPath, [mlreg, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: server.stdout ?? process.stdin });
  const [line] = (await Promise.race([
    once(lines, 'line'),
    once(server, 'exit').then(() => {
      throw new Error('mlreg serve ended before it could answer');
    }),
  ])) as [string];
  const { url } = JSON.parse(line) as { url: string };
  console.log(`listening on ${url}`);
  return url;
}

/** A digit as a client sends it, by curl where there is one. Resolves with the version that answered. */
async function ask(url: string, isShown = true): Promise<string> {
  const path = `${url}/v2/models/digits/infer`;
  const input = { name: 'X', datatype: 'FP32', shape: [1, 64], data: digit };
  const body = JSON.stringify({ inputs: [input], outputs: [{ name: 'label' }] });
  const curl = spawnSync('curl', ['--silent', '--show-error', path, '--data', body], { encoding: 'utf8' });
  const text =
    curl.error === undefined ? curl.stdout : await (await fetch(path, { method: 'POST', body })).text();
  const { model_version: version } = JSON.parse(text) as { model_version?: string };
  if (version === undefined) throw new Error(`the server answered: ${text}`);
  if (isShown) console.log(`\n$ curl ${path} --data @digit.json\n${text}`);
  return version;
}

function run(...args: string[]): void {
  console.log(
    `\n$ mlreg ${args.map((arg) => (/[\s"']/.test(arg) ? JSON.stringify(arg) : arg.replace(root, ''))).join(' ')}`,
  );
  const { status } = spawnSync(process.execPath, [mlreg, ...args], { cwd: folder, stdio: 'inherit' });
  if (status === 0) return;
  throw new Error(`mlreg ${args[0]} ended with ${status}`);
}
