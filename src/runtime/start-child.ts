import { fork, type ChildProcess } from 'node:child_process';

/** A process that owns ONNX Runtime, whatever its job is. */
export interface ModelChild {
  readonly pid: number | undefined;
  /** If the child is already gone, `ended` reports it. */
  send(message: object): void;
  onMessage(listen: (message: unknown) => void): void;
  /** The end of its stderr, at most 4096 bytes. */
  stderr(): string;
  /** Resolves when it is gone and all its output was read. Never rejects. */
  ended: Promise<ChildEnd>;
  /** Ends it. Resolves when it is gone, or after a second if the kernel holds it. */
  kill(): Promise<void>;
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

/**
 * Starts a child process for ONNX Runtime, because its native calls block the event loop, can take
 * any amount of memory and can crash. The child ends by itself within a second if this process
 * dies, and, with `ownMemoryLimitBytes` above 0, if it holds more than that. If it cannot be
 * started, `ended` says so.
 */
export function startChild(ownMemoryLimitBytes: number): ModelChild {
  const child = fork(childEntry(), [String(process.pid), String(ownMemoryLimitBytes)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
    env: {
      ...Object.fromEntries(
        passedOn.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
      ),
      ...noTelemetry,
      ...noCoverage,
    },
    execArgv: childFlags,
  });
  const ended = new Promise<ChildEnd>((resolve) => {
    child.once('error', (cause) => resolve({ started: false, cause }));
    // `exit` may come before the last message is read; `close` comes after the pipes are drained.
    child.once('close', (exitCode, signal) => resolve({ started: true, exitCode, signal }));
  });
  return {
    pid: child.pid,
    send: (message) => void child.send(message, () => undefined),
    onMessage: (listen) => void child.on('message', listen),
    stderr: keepTail(child),
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, reapMs).unref())]);
      child.stderr?.destroy();
    },
  };
}

/** Next to this file: `model-child.ts` when run from source, else the bundled file in `dist/`. */
function childEntry(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? '../model-child.ts' : './onnx-child.js', import.meta.url);
}

/** Keeps only the end: a model can make ONNX Runtime write without end. */
function keepTail(child: ChildProcess): () => string {
  let tail = Buffer.alloc(0);
  child.stderr?.on('data', (chunk: Buffer) => {
    tail = Buffer.from(Buffer.concat([tail, chunk]).subarray(-stderrKept));
  });
  return () => tail.toString('utf8');
}
