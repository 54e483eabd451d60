/**
 * `node test/bench/predict-parquet.ts`, after `npm run build`: a million rows of 64 numbers through
 * digits_mlp, against DuckDB's copy of the same Parquet file, which runs no model. The two run in
 * turn; CPU seconds of whole process trees decide. `--rows N` and `--rounds N` change the size.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeParquet } from '../support/parquet-files.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'bin', 'mlreg.js');
const { values: flags } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '3' } },
});
const [rows, rounds] = [Number(flags.rows), Number(flags.rounds)];
const targets = { cpu: 1.5, megabytes: 450 };

const cache = join(tmpdir(), `mlreg-bench-parquet-${userInfo().uid}`);
mkdirSync(cache, { recursive: true, mode: 0o700 });
const table = join(cache, `table-${rows}.parquet`);
if (!existsSync(table)) {
  // Values of one decimal from 0 to 16, as the pixels of the digits with noise.
  const pixels = Array.from(
    { length: 64 },
    (_, at) => `((hash(range * 64 + ${at}) % 161) / 10)::FLOAT AS pixel_${at}`,
  );
  await writeParquet(table, `SELECT ${pixels.join(', ')} FROM range(${rows})`);
}
const home = join(cache, 'registry');
if (!existsSync(join(home, 'registry.json'))) execFileSync(process.execPath, [bin, 'init', home]);
const registry = ['--registry', home];
const model = join(root, 'test', 'fixtures', 'digits_mlp', 'model.onnx');
execFileSync(process.execPath, [bin, 'register', 'digits', model, '--no-git', ...registry]);

const output = ['--output', join(cache, 'predicted.parquet'), '--force'];
const runs = {
  'mlreg predict': [bin, 'predict', 'digits', '--input', table, ...output, ...registry],
  "DuckDB's copy": ['--input-type=module', '-e', duckCopy(), table, join(cache, 'copied.parquet')],
};
const measured = Object.fromEntries(Object.keys(runs).map((name): [string, Usage[]] => [name, []]));
for (let round = 0; round < rounds; round++)
  for (const [name, command] of Object.entries(runs)) measured[name]?.push(await measure(command));

const median = (name: string, key: keyof Usage): number =>
  (measured[name] ?? []).map((usage) => usage[key]).toSorted((a, b) => a - b)[rounds >> 1] ?? Number.NaN;
console.log(
  `${rows.toLocaleString('en')} rows of 64 numbers, ${(statSync(table).size / 1e6).toFixed(0)} MB; medians of ${rounds}`,
);
for (const name of Object.keys(runs))
  console.log(
    `${name.padEnd(14)} ${median(name, 'cpu').toFixed(2)} s CPU, ${median(name, 'wall').toFixed(2)} s, ${median(name, 'megabytes').toFixed(0)} MB`,
  );
const ratio = median('mlreg predict', 'cpu') / median("DuckDB's copy", 'cpu');
console.log(`CPU against the copy  ${ratio.toFixed(2)} (target: at most ${targets.cpu})`);
console.log(
  `peak of a process     ${median('mlreg predict', 'megabytes').toFixed(0)} MB (target: below ${targets.megabytes})`,
);

interface Usage {
  /** User and system seconds of the process and all that it started. */
  cpu: number;
  wall: number;
  /** The most that one of its processes held, by looking twenty times a second. */
  megabytes: number;
}

async function measure(command: string[]): Promise<Usage> {
  const script = 'TIMEFORMAT="%U %S %R"; time "$@" >/dev/null';
  const child = spawn('bash', ['-c', script, 'bash', process.execPath, ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  let most = 0;
  const poll = setInterval(() => (most = Math.max(most, largest(child.pid ?? 0))), 50);
  const [code] = (await once(child, 'close')) as [number];
  clearInterval(poll);
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${said}`);
  const [user = 0, system = 0, wall = 0] = (said.trimEnd().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { cpu: user + system, wall, megabytes: most / 1e6 };
}

/** The resident bytes of a process or one of its descendants, whichever holds most. */
function largest(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0';
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean);
    return Math.max(1024 * Number(kilobytes), ...children.map((child) => largest(Number(child))));
  } catch {
    // It has ended.
    return 0;
  }
}

function duckCopy(): string {
  const api = import.meta.resolve('@duckdb/node-api');
  return `
import { DuckDBInstance } from ${JSON.stringify(api)};
const [, from, to] = process.argv;
const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
await connection.run(\`COPY (SELECT * FROM read_parquet('\${from}')) TO '\${to}' (FORMAT parquet)\`);
`;
}
