import { type ChildProcess, fork, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { memoryMarker } from './child/watchdog.ts';
import { startGuard, type Guard } from './guard.ts';
import type { JobLimits } from './run-job.ts';

/** A process that owns ONNX Runtime, whatever it is for. */
interface OwnerProcess {
  readonly pid: number | undefined;
  /** The end of its stderr, at most 4096 bytes. */
  stderr(): string;
  /** Resolves when it is gone and all its output was read. Never rejects. */
  ended: Promise<ChildEnd>;
  /** Ends it. Resolves when it is gone, or after a second if the kernel holds it. */
  kill(): Promise<void>;
}

/** One that does a job: see `runJob`. */
export interface ModelChild extends OwnerProcess {
  /** If the child is already gone, `ended` reports it. */
  send(message: object): void;
  onMessage(listen: (message: unknown) => void): void;
}

/** One that serves a model: see `startSession`. */
export interface SessionChild extends OwnerProcess {
  /** Closing it ends the child. */
  socket: Socket;
}

export type ChildEnd =
  | { started: true; exitCode: number | null; signal: NodeJS.Signals | null }
  | { started: false; cause: Error };

/**
 * Every run() leaves a few kilobytes of garbage. With V8's default nursery of 1 MB, every 500th run
 * waited for its collection. 16 MB made that nine times rarer and p99.9 of a small network three
 * times lower, for about 20 MB of memory.
 */
const childFlags = ['--min-semi-space-size=16'];
/** A session keeps nothing from one turn to the next, and there is one for each version. */
const sessionFlags = ['--max-semi-space-size=4'];
const stderrKept = 4096;
/** A process that SIGKILL does not end is stuck in the kernel; waiting longer does not help. */
const reapMs = 900;
/**
 * Enough to find programs, shared libraries, temp space and Node's cache of compiled code, if
 * somebody asked for one. Excludes NODE_OPTIONS and all credentials.
 */
const passedOn = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TMP',
  'TEMP',
  'NODE_COMPILE_CACHE',
  'LANG',
  'TZ',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'SystemRoot',
  'SYSTEMROOT',
  'windir',
  'Path',
];

/**
 * Node passes this variable on by itself unless it is set. The child is killed as soon as it has
 * answered. A child that was writing its coverage at that moment would leave an empty file, which
 * makes the coverage report of all processes fail.
 */
const noCoverage = { NODE_V8_COVERAGE: '' };

/**
 * Without it, ONNX Runtime 1.30 would start a telemetry thread, which leaves files in the temporary
 * folder.
 */
const noTelemetry = { ORT_DISABLE_TELEMETRY: '1' };

/** Standard streams, then the channel of messages: 0 to 3. */
const ownDescriptors = 4;

/** The number that the parent's n-th descriptor, from 0, has in the child. */
export function childDescriptor(position: number): number {
  return ownDescriptors + position;
}

/**
 * Starts a child process for ONNX Runtime, because its native calls block the event loop, can take
 * any amount of memory and can crash. The child ends within a second if this process dies, and, with
 * `ownMemoryLimitBytes` above 0, if it holds more than that. If it cannot be
 * started, `ended` says so. `descriptors` are open files that the child inherits, so that it need
 * not open any path; they may be closed here once this returns.
 */
export function startChild(ownMemoryLimitBytes: number, descriptors: readonly number[] = []): ModelChild {
  // What has to watch its own memory can watch its parent, too.
  const guard = ownMemoryLimitBytes > 0 ? null : startGuard();
  const watchdog = guard === null ? childArguments(ownMemoryLimitBytes) : [];
  const child = fork(entryOf('model-child', 'onnx-child'), watchdog, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc', ...descriptors],
    serialization: 'advanced',
    env: childEnv(),
    execArgv: childFlags,
  });
  if (child.pid !== undefined) guard?.watch(child.pid);
  return {
    ...ownerOf(child, guard),
    send: (message) => void child.send(message, () => undefined),
    onMessage: (listen) => void child.on('message', listen),
  };
}

/**
 * Starts a child process that serves a model until its socket is closed. As `startChild` otherwise.
 */
export function startSessionChild(ownMemoryLimitBytes: number): SessionChild {
  const entry = entryOf('session-child', 'onnx-session');
  const path = entry instanceof URL ? fileURLToPath(entry) : entry;
  const child = spawn(process.execPath, [...sessionFlags, path, ...childArguments(ownMemoryLimitBytes)], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: childEnv(),
  });
  // A child that was not started has no streams.
  const socket = (child.stdio[3] ?? new Socket()) as Socket;
  return { ...ownerOf(child), socket };
}

function childArguments(ownMemoryLimitBytes: number): string[] {
  return [String(process.pid), String(ownMemoryLimitBytes)];
}

function childEnv(): NodeJS.ProcessEnv {
  const known = passedOn.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]] as const],
  );
  return { ...Object.fromEntries(known), ...noTelemetry, ...noCoverage };
}

function ownerOf(child: ChildProcess, guard: Guard | null = null): OwnerProcess {
  const gone = new Promise<ChildEnd>((resolve) => {
    child.once('error', (cause) => resolve({ started: false, cause }));
    // `exit` may come before the last message is read; `close` comes after the pipes are drained.
    child.once('close', (exitCode, signal) => resolve({ started: true, exitCode, signal }));
  });
  const ended = gone.then(async (end) => {
    await guard?.dismiss();
    return end;
  });
  return {
    pid: child.pid,
    stderr: keepTail(child),
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, reapMs).unref())]);
      child.stderr?.destroy();
    },
  };
}

/**
 * The file in `dist/` beside the bundle that this is part of; when run from source, the file of the
 * sources, or what was built of it, which starts faster, under the condition `built-child`.
 */
function entryOf(source: 'model-child' | 'session-child', built: string): string | URL {
  return import.meta.url.endsWith('.ts')
    ? createRequire(import.meta.url).resolve(`#${source}`)
    : new URL(`./${built}.js`, import.meta.url);
}

/** Keeps only the end: a model can make ONNX Runtime write without end. */
function keepTail(child: ChildProcess): () => string {
  let tail = Buffer.alloc(0);
  child.stderr?.on('data', (chunk: Buffer) => {
    tail = Buffer.from(Buffer.concat([tail, chunk]).subarray(-stderrKept));
  });
  return () => tail.toString('utf8');
}

/** How a child ended before it answered. */
export interface Death {
  /**
   * Who ended it. `limit`: mlreg, at a limit; `system`: the kernel or another process, by SIGKILL;
   * `itself`: a crash or an exit.
   */
  by: 'limit' | 'system' | 'itself';
  /**
   * `memory`: resident bytes; `time`: the wall clock; `silence`: time without progress. Null: no
   * limit was reached.
   */
  limit: Limit | null;
  /** Null if it exited. */
  signal: NodeJS.Signals | null;
  /** Null if a signal ended it. */
  exitCode: number | null;
  /** Resident bytes at the last check; null: unknown. */
  rssBytes: number | null;
}

export type Limit = 'memory' | 'time' | 'silence';

/** A death as a status of the job, and as text. */
export interface Described {
  status: 'crash' | 'timeout' | 'oom';
  message: string;
}

/** The death of a child that mlreg killed at a limit. */
export function killedAt(limit: Limit, rssBytes: number | null): Death {
  return { by: 'limit', limit, signal: 'SIGKILL', exitCode: null, rssBytes };
}

/** The death of a child that this process did not kill. `stderr`: the end of the child's stderr. */
export function deathOf(
  { exitCode, signal }: Extract<ChildEnd, { started: true }>,
  stderr: string,
  rssBytes: number | null,
): Death {
  const known = { signal, exitCode, rssBytes };
  // If the parent cannot watch the child's memory, a thread of the child does.
  if (stderr.includes(memoryMarker)) return { ...known, by: 'limit', limit: 'memory' };
  return { ...known, by: signal === 'SIGKILL' ? 'system' : 'itself', limit: null };
}

export function describeDeath(death: Death, stderr: string, limits: JobLimits): Described {
  const { by, limit, signal, exitCode, rssBytes } = death;
  if (limit === 'memory')
    return { status: 'oom', message: `used more than ${megabytes(limits.memoryLimitBytes)} of memory` };
  if (limit !== null) {
    const what = limit === 'silence' ? 'no progress' : 'not finished';
    const ms = limits.namedTimeoutMs ?? limits.timeoutMs;
    return { status: 'timeout', message: `${what} within ${seconds(ms)}` };
  }
  if (/JavaScript heap out of memory/.test(stderr))
    return { status: 'oom', message: 'ran out of JavaScript heap' };
  if (by === 'system') {
    const taken = rssBytes === null ? '' : ` (it used ${megabytes(rssBytes)})`;
    return { status: 'oom', message: `was killed by the system, probably out of memory${taken}` };
  }
  const how = signal === null ? `exited with code ${exitCode} without a result` : `crashed with ${signal}`;
  return { status: 'crash', message: how };
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6).toLocaleString('en')} MB`;
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toPrecision(3))} s`;
}
