/**
 * `npm run bench:startup`: how long `mlreg show NAME@production --json` takes as a whole process,
 * against `node -e 0` of the same Node. The two run in turn, so that a machine whose speed drifts
 * treats both alike; the ratio is taken pair by pair.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'bin', 'mlreg.js');
const model = join(root, 'test', 'fixtures', 'digits_mlp', 'model.onnx');
const pairs = Number(process.argv[2] ?? 60);
const target = 2;

const folder = mkdtempSync(join(tmpdir(), 'mlreg-startup-'));
try {
  run(bin, 'init');
  run(bin, 'register', 'digits', model, '--no-git');
  run(bin, 'promote', 'digits@1.0.0', '--to', 'production');
  const show = [bin, 'show', 'digits@production', '--json'];
  // The first run of a command leaves the code that later ones start from.
  for (let warmup = 0; warmup < 3; warmup += 1) run(...show);
  const times = Array.from({ length: pairs }, () => ({ bare: run('-e', '0'), mlreg: run(...show) }));
  const ratio = median(times.map(({ bare, mlreg }) => mlreg / bare));
  console.log(`node -e 0                      ${median(times.map(({ bare }) => bare)).toFixed(1)} ms`);
  console.log(`mlreg show … --json            ${median(times.map(({ mlreg }) => mlreg)).toFixed(1)} ms`);
  console.log(
    `ratio, median of ${pairs} pairs      ${ratio.toFixed(2)} (target: at most ${target.toFixed(1)})`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Milliseconds of the whole process. */
function run(...args: string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr.toString()}`);
  return performance.now() - started;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
