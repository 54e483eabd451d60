/**
 * `npm run bench:predict`: a million rows of 64 numbers through digits_mlp, against DuckDB's copy of
 * the same CSV file, which runs no model. The two run in turn, so that a machine whose speed drifts
 * treats both alike; CPU seconds of whole process trees decide, because other work on the machine
 * changes them less than the clock. With `--peers`, also polars and pandas with ONNX Runtime, in a
 * virtual environment that this script makes. `--rows N` and `--rounds N` change the size.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nextDouble, seededRandom } from '../../src/core/seeded-random.ts';
import { installPackages } from '../services/install.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'bin', 'mlreg.js');
const model = join(root, 'test', 'fixtures', 'digits_mlp', 'model.onnx');
const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    peers: { type: 'boolean', default: false },
  },
});
const [rows, rounds] = [Number(flags.rows), Number(flags.rounds)];
const columns = 64;
/** An optional package: without it, this script has nothing to compare with. */
const duckDb = '@duckdb/node-api';
const targets = { cpu: 0.45, wall: 0.75, megabytes: 300, polars: 2, pandas: 10 };

const cache = join(tmpdir(), `mlreg-bench-${userInfo().uid}`);
mkdirSync(cache, { recursive: true, mode: 0o700 });
const table = join(cache, `table-${rows}.csv`);
if (!existsSync(table)) await writeTable(table);
const home = join(cache, 'registry');
if (!existsSync(join(home, 'registry.json'))) execFileSync(process.execPath, [bin, 'init', home]);
const registry = ['--registry', home];
execFileSync(process.execPath, [bin, 'register', 'digits', model, '--no-git', ...registry]);

const predictions = join(cache, 'predicted.csv');
const predict = [
  process.execPath,
  bin,
  'predict',
  'digits',
  '--input',
  table,
  '--output',
  predictions,
  '--force',
  ...registry,
];
const copy = [process.execPath, '--input-type=module', '-e', duckCopy(), table, join(cache, 'copied.csv')];
const runs: Record<string, string[]> = { 'mlreg predict': predict, "DuckDB's copy": copy, ...peers() };
const measured: Record<string, Usage[]> = {};
for (let round = 0; round < rounds; round++)
  for (const [name, command] of Object.entries(runs)) (measured[name] ??= []).push(await measure(command));

console.log(
  `${rows.toLocaleString('en')} rows of ${columns} numbers, ${(statSync(table).size / 1e6).toFixed(0)} MB; medians of ${rounds}`,
);
const median = (name: string, key: keyof Usage): number =>
  measured[name]!.map((usage) => usage[key]).toSorted((a, b) => a - b)[rounds >> 1] ?? Number.NaN;
for (const name of Object.keys(runs)) {
  const [cpu, wall, peak] = [median(name, 'cpu'), median(name, 'wall'), median(name, 'megabytes')];
  console.log(
    `${name.padEnd(16)} ${cpu.toFixed(2).padStart(6)} s CPU ${wall.toFixed(2).padStart(7)} s ${peak.toFixed(0).padStart(6)} MB`,
  );
}
const ratio = (key: keyof Usage): string =>
  (median('mlreg predict', key) / median("DuckDB's copy", key)).toFixed(2);
console.log(`CPU against the copy   ${ratio('cpu')} (target: at most ${targets.cpu})`);
console.log(`wall against the copy  ${ratio('wall')} (target: at most ${targets.wall})`);
console.log(
  `peak memory            ${median('mlreg predict', 'megabytes').toFixed(0)} MB (target: below ${targets.megabytes})`,
);
for (const peer of ['polars', 'pandas'] as const) {
  if (!(peer in runs)) continue;
  const more = median(peer, 'cpu') / median('mlreg predict', 'cpu');
  console.log(`${peer.padEnd(22)} ${more.toFixed(1)} times the CPU (target: at least ${targets[peer]})`);
}

interface Usage {
  /** User and system seconds of the process and all that it started. */
  cpu: number;
  wall: number;
  /** The most that its processes held together, by looking twenty times a second. */
  megabytes: number;
}

async function measure(command: string[]): Promise<Usage> {
  const script = 'TIMEFORMAT="%U %S %R"; time "$@" >/dev/null';
  const child = spawn('bash', ['-c', script, 'bash', ...command], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  let most = 0;
  const poll = setInterval(() => (most = Math.max(most, residentBytes(child.pid ?? 0))), 50);
  const [code] = (await once(child, 'close')) as [number];
  clearInterval(poll);
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${said}`);
  const [user = 0, system = 0, wall = 0] = (said.trimEnd().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { cpu: user + system, wall, megabytes: most / 1e6 };
}

/** Of a process and its children, and theirs. */
function residentBytes(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0';
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean);
    return children.reduce((sum, child) => sum + residentBytes(Number(child)), 1024 * Number(kilobytes));
  } catch {
    // It has ended.
    return 0;
  }
}

/** Values of one decimal from 0 to 16, as the pixels of the digits with noise. */
async function writeTable(path: string): Promise<void> {
  const random = seededRandom(1);
  const lines = Array.from({ length: 5000 }, () =>
    Array.from({ length: columns }, () => (nextDouble(random) * 16).toFixed(1)).join(','),
  );
  const out = createWriteStream(`${path}.part`);
  out.write(`${Array.from({ length: columns }, (_, at) => `pixel_${at}`).join(',')}\n`);
  for (let row = 0; row < rows; row += lines.length) {
    const some = lines.slice(0, Math.min(lines.length, rows - row));
    if (!out.write(`${some.join('\n')}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  renameSync(`${path}.part`, path);
}

function duckCopy(): string {
  const api = import.meta.resolve(duckDb);
  return `
import { DuckDBInstance } from ${JSON.stringify(api)};
const [, from, to] = process.argv;
const connection = await (await DuckDBInstance.create(':memory:')).connect();
await connection.run(\`COPY (SELECT * FROM read_csv('\${from}')) TO '\${to}' (FORMAT csv, HEADER)\`);
`;
}

/** What people use instead, in Python. */
function peers(): Record<string, string[]> {
  if (!flags.peers) return {};
  const python = installPackages(cache, ['polars==2.1.0', 'pandas', 'onnxruntime==1.30.0', 'numpy']);
  const session = `
import sys, numpy as np, onnxruntime as ort
options = ort.SessionOptions(); options.intra_op_num_threads = 2
session = ort.InferenceSession(sys.argv[3], options)
`;
  const scripts = {
    polars: `${session}
import polars as pl
table = pl.read_csv(sys.argv[1])
label, probabilities = session.run(None, {"X": table.to_numpy().astype(np.float32)})
added = pl.DataFrame({"label": label, **{f"probabilities_{k}": probabilities[:, k] for k in range(10)}})
pl.concat([table, added], how="horizontal").write_csv(sys.argv[2])
`,
    pandas: `${session}
import pandas as pd
table = pd.read_csv(sys.argv[1])
label, probabilities = session.run(None, {"X": table.to_numpy().astype(np.float32)})
added = pd.DataFrame({"label": label, **{f"probabilities_{k}": probabilities[:, k] for k in range(10)}})
pd.concat([table, added], axis=1).to_csv(sys.argv[2], index=False)
`,
  };
  return Object.fromEntries(
    Object.entries(scripts).map(([name, text]) => {
      const file = join(cache, `with-${name}.py`);
      writeFileSync(file, text);
      return [name, [python, file, table, join(cache, `${name}.csv`), model]];
    }),
  );
}
