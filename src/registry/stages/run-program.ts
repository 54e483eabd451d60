import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import type { RegistryEvent } from '../../core/events/event.ts';
import { quote } from '../../core/text/quote.ts';

/** How long to wait for the rest of its output after it has exited. */
const lingerMs = 500;
/** How much of its output is kept, from the end. */
const keptBytes = 2000;

export interface Ended {
  code: number | null;
  /**
   * The name of the signal that killed it. A plain string, so that the package's types do not need
   * Node's.
   */
  signal: string | null;
  /** Why it could not be started. */
  error: string | null;
  /** The end of its output. */
  output: string;
}

export interface RunOptions {
  /** Killed after this many milliseconds; null: never. */
  timeoutMs: number | null;
  /** Sends it SIGTERM, and does not wait for it. */
  signal?: AbortSignal | undefined;
  /** Called with its output as it arrives. */
  onOutput?: ((text: string) => void) | undefined;
}

/** What a program is told about a move; `event` is null if the stage never moved. */
export interface Told {
  action: string;
  model: string | null;
  stage: string | null;
  from: string | null;
  to: string | null;
  event: RegistryEvent | null;
}

/**
 * Runs a program with its arguments, without a shell. It gets the event of the move as JSON on
 * stdin, and the facts that scripts need in MLREG_ variables. `registry` is its name: see
 * `locationText`.
 */
export function runProgram(
  command: readonly string[],
  told: Told,
  { registry, ...options }: RunOptions & { registry: string },
): Promise<Ended> {
  const { event } = told;
  const stdin = JSON.stringify(event && withIsoTimes(event));
  return runWith(command, { ...options, stdin, env: variables(registry, told) });
}

/**
 * Runs a program with its arguments, without a shell: `stdin` and a newline are its standard input,
 * and `env` are variables besides those of this process.
 */
export function runWith(
  [file = '', ...args]: readonly string[],
  { stdin, env, timeoutMs, signal, onOutput }: RunOptions & { stdin: string; env: Record<string, string> },
): Promise<Ended> {
  return new Promise((resolve) => {
    let output = '';
    const child = start(file, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      ...(signal === undefined ? {} : { signal }),
    });
    if (child instanceof Error) return resolve({ code: null, signal: null, error: child.message, output });
    // With the `timeout` option of `spawn` the timer would keep running if the program could not be
    // started.
    const timer = timeoutMs === null ? undefined : setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    let linger: NodeJS.Timeout | undefined;
    const end = (ended: Omit<Ended, 'output'>): void => {
      clearTimeout(timer);
      clearTimeout(linger);
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
      // A program that was told to stop may take its time.
      child.unref();
      resolve({ ...ended, output });
    };
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-keptBytes);
        onOutput?.(text);
      });
    child.on('error', (error) => end({ code: null, signal: null, error: error.message }));
    child.on('close', (code, ended) => end({ code, signal: ended, error: null }));
    // A process that it left running may keep its output open.
    child.on('exit', (code, ended) => {
      linger = setTimeout(() => end({ code, signal: ended, error: null }), lingerMs);
    });
    // The program may exit without reading it.
    child.stdin?.on('error', () => undefined).end(`${stdin}\n`);
  });
}

/** With times as `mlreg history --json` prints them. */
function withIsoTimes(event: RegistryEvent): Record<string, unknown> {
  const { at, clock } = event;
  const iso = (time: number): string => new Date(time).toISOString();
  return { ...event, at: iso(at), ...(clock === undefined ? {} : { clock: iso(clock) }) };
}

/**
 * `spawn` throws some reasons why a program cannot be started (ENOTDIR, ELOOP, E2BIG …) and emits
 * others as events of the child, which may then lack its streams.
 */
function start(file: string, args: string[], options: SpawnOptions): ChildProcess | Error {
  try {
    return spawn(file, args, options);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error;
  }
}

/** Why it failed, in a few words; null: it succeeded. */
export function failureOf({ code, signal, error }: Ended): string | null {
  if (code === 0) return null;
  return error ?? (signal === null ? `exit code ${code}` : `killed by ${signal}`);
}

/** `"./deploy" failed: exit code 3: ` and the last line of its output. */
export function describeFailure([file = '']: readonly string[], how: string, { output }: Ended): string {
  const last = output.trim().split('\n').at(-1) ?? '';
  return `${quote(file)} failed: ${how}${last === '' ? '' : `: ${last}`}`;
}

/** An empty text if the stage is empty. */
function variables(
  registry: string,
  { action, model, stage, from, to, event }: Told,
): Record<string, string> {
  return {
    MLREG_REGISTRY: registry,
    MLREG_ACTION: action,
    MLREG_MODEL: model ?? '',
    MLREG_STAGE: stage ?? '',
    MLREG_FROM: from ?? '',
    MLREG_TO: to ?? '',
    MLREG_SEQ: String(event?.seq ?? ''),
  };
}
