/** What the benchmarks of the server share: a registry with digits, the server, and bodies. */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nextDouble, seededRandom } from '../../src/core/seeded-random.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'bin', 'mlreg.js');

export function fixturePath(folder: string, file: string): string {
  return join(root, 'test', 'fixtures', folder, file);
}
export const digitsModel = fixturePath('digits_mlp', 'model.onnx');

/** A folder for what is installed and registered once. */
export const cache = join(tmpdir(), `mlreg-bench-${userInfo().uid}`);
mkdirSync(cache, { recursive: true, mode: 0o700 });

/** Runs a command to its end. */
export function mlreg(home: string, ...args: string[]): string {
  return execFileSync(process.execPath, [bin, ...args, '--registry', home], { encoding: 'utf8' });
}

/** The same without blocking this process, which may be sending requests. */
export async function mlregMeanwhile(home: string, ...args: string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [bin, ...args, '--registry', home]);
}

/** A registry with digits@1.0.0 in production and digits@1.1.0, both with golden sets. */
export function openDigits(name: string): string {
  const home = join(cache, name);
  if (!existsSync(join(home, 'complete'))) {
    rmSync(home, { recursive: true, force: true });
    execFileSync(process.execPath, [bin, 'init', home]);
    for (const [version, folder] of [
      ['1.0.0', 'digits_mlp'],
      ['1.1.0', 'digits_mlp_v2'],
    ] as const) {
      const golden = ['--golden', fixturePath(folder, 'golden.json'), '--version', version, '--no-git'];
      mlreg(home, 'register', 'digits', fixturePath(folder, 'model.onnx'), ...golden);
    }
    writeFileSync(join(home, 'complete'), '');
  }
  mlreg(home, 'promote', 'digits@1.0.0', 'production');
  return home;
}

export interface Server {
  process: ChildProcess;
  port: number;
  /** Null where this version has no gRPC. */
  grpcPort: number | null;
}

/** Starts `mlreg serve`; resolves when it listens. */
export async function startServer(home: string, ...args: string[]): Promise<Server> {
  const child = spawn(
    process.execPath,
    [bin, 'serve', ...args, '--port', '0', '--json', '--registry', home, '--drain-delay', '0s'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  // Also if this process fails.
  process.once('exit', () => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { port, grpcPort = null } = JSON.parse(line.toString().split('\n')[0] ?? '') as {
    port: number;
    grpcPort?: number | null;
  };
  return { process: child, port, grpcPort };
}

/** Stops it, and resolves when it has ended. */
export async function stopServer({ process: child }: Pick<Server, 'process'>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** Rows of 64 values with as many digits as those of a client have. */
export function digitRows(rows: number): Float32Array[] {
  const random = seededRandom(7);
  return Array.from({ length: 256 }, () =>
    Float32Array.from({ length: 64 * rows }, () => nextDouble(random) * 16),
  );
}

/** Bodies of the Open Inference Protocol, and the headers that they need; all heads are equally long. */
export function inferBodies(
  rows: number,
  kind: 'json' | 'binary',
): { bodies: Buffer[]; headers: Record<string, string> } {
  const input = { name: 'X', datatype: 'FP32', shape: [rows, 64] };
  const all = digitRows(rows);
  if (kind === 'json') {
    const bodies = all.map((data) =>
      Buffer.from(JSON.stringify({ inputs: [{ ...input, data: [...data] }] })),
    );
    return { bodies, headers: {} };
  }
  const head = JSON.stringify({
    inputs: [{ ...input, parameters: { binary_data_size: 256 * rows } }],
    parameters: { binary_data_output: true },
  });
  return {
    bodies: all.map((data) => Buffer.concat([Buffer.from(head), Buffer.from(data.buffer)])),
    headers: { 'Inference-Header-Content-Length': String(head.length) },
  };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** A percentile of sorted values. */
export function at(sorted: Float64Array, share: number): number {
  return sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
}
