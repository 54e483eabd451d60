import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { MlregError } from '../core/errors.ts';
import type { Job, JobProgress, JobResult } from './jobs.ts';
import { memoryMarker } from './watchdog.ts';

/** What came of a job. Everything but `ok` is a fact about the model or the machine, never an exception. */
export type SandboxOutcome<J extends Job = Job> =
  | { status: 'ok'; value: JobResult<J>; stderr: string }
  | { status: 'crash' | 'timeout' | 'oom' | 'error'; message: string; stderr: string }
  | { status: 'no-runtime'; message: string; stderr: string };

export interface SandboxLimits {
  /** Wall-clock milliseconds from the start of the child. */
  timeoutMs: number;
  /** The limit that a message names, where `timeoutMs` is what is left of it. */
  namedTimeoutMs?: number;
  /** The clock starts again at every progress message: a limit on silence instead of the whole. */
  timeoutIsStall?: boolean;
  /** Resident bytes of the child, Node and ONNX Runtime (about 100 MB) included. */
  memoryLimitBytes: number;
  /** Who looks at the child's memory: we, every 20 ms through /proc; or, where that is not there, a thread of the child itself. */
  memoryWatch?: 'parent' | 'child';
}

export interface SandboxOptions<J extends Job = Job> {
  limits: SandboxLimits;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: JobProgress<J>) => void) | undefined;
}

/** What the child may say. */
export type ChildMessage<J extends Job = Job> =
  | { kind: 'progress'; progress: JobProgress<J> }
  | { kind: 'ok'; value: JobResult<J> }
  | { kind: 'error' | 'no-runtime'; message: string };

/**
 * Every run() leaves a few kilobytes of garbage, and with V8's usual 1 MB nursery every 500th run waited for its collection.
 * 16 MB made that nine times rarer and p99.9 of a small network three times lower, for some 20 MB of memory.
 */
const childFlags = ['--min-semi-space-size=16'];
const pollMs = 20;
const stderrKept = 4096;
/** A process that SIGKILL does not end is stuck in the kernel; nobody is served by waiting for it. */
const reapMs = 900;
/** Enough to find programs, shared libraries and temp space. Above all not NODE_OPTIONS, and no credentials. */
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
 * Node hands this one on by itself unless it is named. The child is killed as soon as it has answered, and a thread of it that was writing down
 * what it ran would leave an empty file, over which the report of all of them fails.
 */
const noCoverage = { NODE_V8_COVERAGE: '' };

/** ONNX Runtime 1.30 would start a thread that reports to its makers, and leave its files in the temporary folder. */
const noTelemetry = { ORT_DISABLE_TELEMETRY: '1' };

/**
 * Runs one job in a child process that owns ONNX Runtime, because its native calls block the event loop, can take any
 * amount of memory and can crash. The child is gone when this settles: after its answer, at a limit, or at an abort, and it
 * ends by itself within a second if this process dies. Rejects INTERRUPTED (or the signal's own MlregError) when
 * aborted.
 */
export async function runSandboxed<J extends Job>(
  job: J,
  { limits, signal, onProgress }: SandboxOptions<J>,
): Promise<SandboxOutcome<J>> {
  if (signal?.aborted === true) throw interrupted(signal);
  const memoryWatch = limits.memoryWatch ?? (process.platform === 'linux' ? 'parent' : 'child');
  const child = fork(
    childEntry(),
    [String(process.pid), String(memoryWatch === 'child' ? limits.memoryLimitBytes : 0)],
    {
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
    },
  );
  const stderr = keepTail(child);
  const gone = new Promise<void>((resolve) =>
    child.once('close', () => resolve()).once('error', () => resolve()),
  );

  const verdict = await new Promise<Verdict<J>>((settle) => {
    let lastRss = 0;
    let ended = false;
    const poll = setInterval(() => {
      const rss = memoryWatch === 'parent' ? residentBytes(child.pid) : null;
      if (rss === null) return;
      lastRss = rss;
      if (rss > limits.memoryLimitBytes) end({ status: 'oom', message: overLimit(limits.memoryLimitBytes) });
    }, pollMs);
    const timer = setTimeout(() => {
      end({
        status: 'timeout',
        message: `${limits.timeoutIsStall ? 'no progress' : 'not finished'} within ${seconds(limits.namedTimeoutMs ?? limits.timeoutMs)}`,
      });
    }, limits.timeoutMs);
    const abort = (): void => end({ status: 'aborted' });
    signal?.addEventListener('abort', abort);

    function end(verdict: Verdict<J>): void {
      ended = true;
      clearInterval(poll);
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      child.kill('SIGKILL');
      settle(verdict);
    }

    child.on('message', (message: ChildMessage<J>) => {
      if (ended) return;
      if (message.kind === 'ok') return end({ status: 'ok', value: message.value });
      if (message.kind !== 'progress') return end({ status: classify(message), message: message.message });
      if (limits.timeoutIsStall) timer.refresh();
      onProgress?.(message.progress);
    });
    child.once('error', (cause) => end({ status: 'unstarted', cause }));
    // `exit` may come before the last message was read; `close` comes after the pipes are drained.
    child.once('close', (code, fatal) => end(death(code, fatal, stderr(), lastRss, limits.memoryLimitBytes)));
    child.send(job, () => {
      // A child that is already dead is told of by `close`.
    });
  });

  await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, reapMs).unref())]);
  child.stderr?.destroy();
  if (verdict.status === 'aborted') throw interrupted(signal);
  if (verdict.status === 'unstarted') {
    throw new MlregError('INTERNAL', `cannot start a child process: ${verdict.cause.message}`, {
      hint: 'check the limits on processes and memory: ulimit -a',
      cause: verdict.cause,
    });
  }
  return { ...verdict, stderr: stderr() };
}

/** The error for a `no-runtime` outcome. */
export function runtimeMissing(message: string): MlregError {
  return new MlregError('NOT_FOUND', `ONNX Runtime is not installed or failed to load: ${message}`, {
    hint: 'npm install -g --ignore-scripts onnxruntime-node  (omit -g if mlreg was installed without it)',
  });
}

type Verdict<J extends Job> =
  | { status: 'ok'; value: JobResult<J> }
  | { status: 'crash' | 'timeout' | 'oom' | 'error'; message: string }
  | { status: 'no-runtime'; message: string }
  | { status: 'aborted' }
  | { status: 'unstarted'; cause: Error };

/** Beside this file: run from source, or bundled into `dist/` under a name of its own. */
function childEntry(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? '../model-child.ts' : './onnx-child.js', import.meta.url);
}

/** ONNX Runtime reports an allocation that the system refuses as an ordinary error. */
function classify({
  kind,
  message,
}: {
  kind: 'error' | 'no-runtime';
  message: string;
}): 'error' | 'no-runtime' | 'oom' {
  return kind === 'error' &&
    /bad[ _]alloc|failed to allocate memory|array buffer allocation failed|heap out of memory/i.test(message)
    ? 'oom'
    : kind;
}

function death(
  code: number | null,
  fatal: string | null,
  stderr: string,
  lastRss: number,
  limit: number,
): { status: 'oom' | 'crash'; message: string } {
  if (stderr.includes(memoryMarker)) return { status: 'oom', message: overLimit(limit) };
  if (/JavaScript heap out of memory/.test(stderr))
    return { status: 'oom', message: 'ran out of JavaScript heap' };
  if (fatal === 'SIGKILL') {
    const taken = lastRss > 0 ? ` (it used ${megabytes(lastRss)})` : '';
    return {
      status: 'oom',
      message: `was killed by the system, probably out of memory${taken}`,
    };
  }
  return {
    status: 'crash',
    message: fatal === null ? `exited with code ${code} without a result` : `crashed with ${fatal}`,
  };
}

function interrupted(signal: AbortSignal | undefined): MlregError {
  const cause: unknown = signal?.reason;
  return cause instanceof MlregError
    ? cause
    : new MlregError('INTERRUPTED', 'interrupted', { hint: 'run the command again', cause });
}

/** VmRSS and not statm, which counts in pages of a size that Node does not tell. */
function residentBytes(pid: number | undefined): number | null {
  try {
    const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

/** The end of what a child writes to stderr; a model can make ONNX Runtime write without end. */
function keepTail(child: ChildProcess): () => string {
  let tail = Buffer.alloc(0);
  child.stderr?.on('data', (chunk: Buffer) => {
    tail = Buffer.from(Buffer.concat([tail, chunk]).subarray(-stderrKept));
  });
  return () => tail.toString('utf8');
}

function overLimit(bytes: number): string {
  return `used more than ${megabytes(bytes)} of memory`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6).toLocaleString('en')} MB`;
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toPrecision(3))} s`;
}
