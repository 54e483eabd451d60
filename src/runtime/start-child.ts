import { fork, type ChildProcess } from 'node:child_process';

/** A process that owns ONNX Runtime, whatever it is asked to do there. */
export interface ModelChild {
  readonly pid: number | undefined;
  /** A child that is already gone is told of by `ended`. */
  send(message: object): void;
  onMessage(listen: (message: unknown) => void): void;
  /** The end of what it wrote to stderr, 4096 bytes at most. */
  stderr(): string;
  /** Resolves when it is gone and all it said was read. Never rejects. */
  ended: Promise<ChildEnd>;
  /** Ends it; resolves when it is gone, or after a second if the kernel holds it. */
  kill(): Promise<void>;
}

export type ChildEnd =
  | { started: true; exitCode: number | null; signal: NodeJS.Signals | null }
  | { started: false; cause: Error };

/**
 * Every run() leaves a few kilobytes of garbage, and with V8's usual 1 MB nursery every 500th run
 * waited for its collection. 16 MB made that nine times rarer and p99.9 of a small network three
 * times lower, for some 20 MB of memory.
 */
const childFlags = ['--min-semi-space-size=16'];
const stderrKept = 4096;
/**
 * A process that SIGKILL does not end is stuck in the kernel; nobody is served by waiting for it.
 */
const reapMs = 900;
/**
 * Enough to find programs, shared libraries and temp space. Above all not NODE_OPTIONS, and no
 * credentials.
 */
const passedOn = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TMP',
  'TEMP',
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
 * Node hands this one on by itself unless it is named. The child is killed as soon as it has
 * answered, and a thread of it that was writing down what it ran would leave an empty file, over
 * which the report of all of them fails.
 */
const noCoverage = { NODE_V8_COVERAGE: '' };

/**
 * ONNX Runtime 1.30 would start a thread that reports to its makers, and leave its files in the
 * temporary folder.
 */
const noTelemetry = { ORT_DISABLE_TELEMETRY: '1' };

/**
 * Starts a child process for ONNX Runtime, because its native calls block the event loop, can take
 * any amount of memory and can crash. It ends by itself within a second if this process dies, and,
 * with `ownMemoryLimitBytes` above 0, when it holds more than that. A child that cannot be started
 * shows in `ended`.
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
    // `exit` may come before the last message was read; `close` comes after the pipes are drained.
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

/** Beside this file: run from source, or bundled into `dist/` under a name of its own. */
function childEntry(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? '../model-child.ts' : './onnx-child.js', import.meta.url);
}

/** A model can make ONNX Runtime write without end. */
function keepTail(child: ChildProcess): () => string {
  let tail = Buffer.alloc(0);
  child.stderr?.on('data', (chunk: Buffer) => {
    tail = Buffer.from(Buffer.concat([tail, chunk]).subarray(-stderrKept));
  });
  return () => tail.toString('utf8');
}
