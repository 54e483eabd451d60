/**
 * `npm run bench:predict`: a million rows of 64 numbers through digits_mlp, as CSV and as Parquet,
 * against DuckDB's copy of the same file, which runs no model. The two run in turn, so that a machine
 * whose speed drifts treats both alike; CPU seconds of whole process trees decide, because other work
 * on the machine changes them less than the clock. `--only csv` or `--only parquet` measures one
 * format, `--rows N` and `--rounds N` change the size. With `--peers`, CSV also meets polars and
 * pandas with ONNX Runtime, in a virtual environment that this script makes.
 */
import { execFileSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nextDouble, seededRandom } from '../../src/core/seeded-random.ts';
import { writeParquet } from '../support/parquet-files.ts';
import { predictPeers } from '../support/predict-peers.ts';
import { type Usage, usageOf } from '../support/process-usage.ts';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    rows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    peers: { type: 'boolean', default: false },
  },
});
const [rows, rounds] = [Number(flags.rows), Number(flags.rounds)];
const columns = Array.from({ length: 64 }, (_, at) => `pixel_${at}`);

/** `copy`: how DuckDB copies a table; CPU and wall are the most against it, or null. */
const formats = {
  csv: {
    write: writeCsv,
    copy: { options: {}, read: 'read_csv', as: '(FORMAT csv, HEADER)' },
    targets: { cpu: 0.45, wall: 0.75, megabytes: 300 },
  },
  parquet: {
    // As many threads as the prediction gives DuckDB.
    write: writeParquetTable,
    copy: { options: { threads: '1' }, read: 'read_parquet', as: '(FORMAT parquet)' },
    targets: { cpu: 1.5, wall: null, megabytes: 450 },
  },
};
type Format = keyof typeof formats;
/** How many times our CPU a peer takes, at least. */
const peerTargets: Readonly<Record<string, number>> = { polars: 2, pandas: 10 };
const [ours, copied] = ['mlreg predict', "DuckDB's copy"];

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'bin', 'mlreg.js');
const model = join(root, 'test', 'fixtures', 'digits_mlp', 'model.onnx');
const cache = join(tmpdir(), `mlreg-bench-${userInfo().uid}`);
mkdirSync(cache, { recursive: true, mode: 0o700 });
const home = join(cache, 'registry');
if (!existsSync(join(home, 'registry.json'))) execFileSync(process.execPath, [bin, 'init', home]);
const registry = ['--registry', home];
execFileSync(process.execPath, [bin, 'register', 'digits', model, '--no-git', ...registry]);

const chosen = (Object.keys(formats) as Format[]).filter(
  (format) => flags.only === undefined || flags.only === format,
);
if (chosen.length === 0) throw new Error(`--only takes csv or parquet, not ${flags.only}`);
for (const format of chosen) await compare(format);

async function compare(format: Format): Promise<void> {
  const { write, copy, targets } = formats[format];
  const table = join(cache, `table-${rows}.${format}`);
  if (!existsSync(table)) {
    await write(`${table}.part`);
    renameSync(`${table}.part`, table);
  }
  const output = ['--output', join(cache, `predicted.${format}`), '--force'];
  const runs: Record<string, string[]> = {
    [ours]: [process.execPath, bin, 'predict', 'digits', '--input', table, ...output, ...registry],
    [copied]: [
      process.execPath,
      '--input-type=module',
      '-e',
      copyScript(copy),
      table,
      join(cache, `copied.${format}`),
    ],
    ...(flags.peers && format === 'csv' ? predictPeers(cache, table, model) : {}),
  };
  const measured = Object.fromEntries(Object.keys(runs).map((name): [string, Usage[]] => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const [name, command] of Object.entries(runs)) measured[name]?.push(await usageOf(command));

  const values = (name: string, key: keyof Usage): number[] =>
    (measured[name] ?? []).map((usage) => usage[key]);
  const median = (name: string, key: keyof Usage): number => middle(values(name, key));
  /** Of the runs of one round, which met the same machine. */
  const ratio = (name: string, other: string, key: 'cpu' | 'wall'): number => {
    const others = values(other, key);
    return middle(values(name, key).map((value, round) => value / (others[round] ?? Number.NaN)));
  };
  const size = (statSync(table).size / 1e6).toFixed(0);
  console.log(
    `${format}: ${rows.toLocaleString('en')} rows of ${columns.length} numbers, ${size} MB; medians of ${rounds}`,
  );
  for (const name of Object.keys(runs))
    console.log(
      `${name.padEnd(16)} ${median(name, 'cpu').toFixed(2).padStart(6)} s CPU ${median(name, 'wall').toFixed(2).padStart(7)} s ${median(name, 'megabytes').toFixed(0).padStart(6)} MB`,
    );
  const against = (key: 'cpu' | 'wall'): string => {
    const most = targets[key] === null ? '' : ` (target: at most ${targets[key]})`;
    return ratio(ours, copied, key).toFixed(2) + most;
  };
  console.log(`CPU against the copy   ${against('cpu')}`);
  console.log(`wall against the copy  ${against('wall')}`);
  console.log(
    `peak memory            ${median(ours, 'megabytes').toFixed(0)} MB (target: below ${targets.megabytes})`,
  );
  for (const [peer, least] of Object.entries(peerTargets)) {
    if (!(peer in runs)) continue;
    const more = ratio(peer, ours, 'cpu').toFixed(1);
    console.log(`${peer.padEnd(22)} ${more} times the CPU (target: at least ${least})`);
  }
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function copyScript({ options, read, as }: (typeof formats)[Format]['copy']): string {
  return `
import { DuckDBInstance } from ${JSON.stringify(import.meta.resolve('@duckdb/node-api'))};
const [, from, to] = process.argv;
const instance = await DuckDBInstance.create(':memory:', ${JSON.stringify(options)});
const connection = await instance.connect();
await connection.run(\`COPY (SELECT * FROM ${read}('\${from}')) TO '\${to}' ${as}\`);
`;
}

/** Values of one decimal from 0 to 16, as the pixels of the digits with noise. */
async function writeCsv(path: string): Promise<void> {
  const random = seededRandom(1);
  const lines = Array.from({ length: 5000 }, () =>
    columns.map(() => (nextDouble(random) * 16).toFixed(1)).join(','),
  );
  const out = createWriteStream(path);
  out.write(`${columns.join(',')}\n`);
  for (let row = 0; row < rows; row += lines.length) {
    const some = lines.slice(0, Math.min(lines.length, rows - row));
    if (!out.write(`${some.join('\n')}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
}

/** Such values, too. */
async function writeParquetTable(path: string): Promise<void> {
  const pixels = columns.map((name, at) => `((hash(range * 64 + ${at}) % 161) / 10)::FLOAT AS ${name}`);
  await writeParquet(path, `SELECT ${pixels.join(', ')} FROM range(${rows})`);
}
