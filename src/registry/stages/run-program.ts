import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import type { RegistryEvent } from '../../core/events/event.ts';
import { quote } from '../../core/text/quote.ts';

/** How long its output is waited for when it has ended. */
const lingerMs = 500;
/** Of what it writes, the end is kept. */
const keptBytes = 2000;

export interface Ended {
  code: number | null;
  /**
   * The name of the signal that ended it. A plain string: the types of the package must not need
   * those of Node.
   */
  signal: string | null;
  /** Why it could not be started. */
  error: string | null;
  /** The end of what it wrote. */
  output: string;
}

export interface RunOptions {
  /** What names the registry: see `locationText`. */
  registry: string;
  /** Killed after so long; null: never. */
  timeoutMs: number | null;
  /** Ends it by SIGTERM, and is not waited for. */
  signal?: AbortSignal | undefined;
  /** What it writes, as it does. */
  onOutput?: ((text: string) => void) | undefined;
}

/** What a program is told of a move; `event` is null of a stage that never moved. */
export interface Told {
  action: string;
  model: string | null;
  stage: string | null;
  from: string | null;
  to: string | null;
  event: RegistryEvent | null;
}

/**
 * Runs a program with its arguments, never a shell: the event of a move is JSON on its stdin, and
 * what scripts need of it in MLREG_ variables.
 */
export function runProgram(
  [file = '', ...args]: readonly string[],
  told: Told,
  { registry, timeoutMs, signal, onOutput }: RunOptions,
): Promise<Ended> {
  return new Promise((resolve) => {
    const { event } = told;
    let output = '';
    const child = start(file, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...variables(registry, told) },
      ...(signal === undefined ? {} : { signal }),
    });
    if (child instanceof Error) return resolve({ code: null, signal: null, error: child.message, output });
    // The option of `spawn` would go on after a program that could not be started.
    const timer = timeoutMs === null ? undefined : setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    let linger: NodeJS.Timeout | undefined;
    const end = (ended: Omit<Ended, 'output'>): void => {
      clearTimeout(timer);
      clearTimeout(linger);
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
      // One that was told to stop may take its time.
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
    // What it left running may hold its output open.
    child.on('exit', (code, ended) => {
      linger = setTimeout(() => end({ code, signal: ended, error: null }), lingerMs);
    });
    // It need not read the event.
    child.stdin?.on('error', () => undefined).end(`${JSON.stringify(event && withIsoTimes(event))}\n`);
  });
}

/** Its times as `mlreg history --json` writes them. */
function withIsoTimes(event: RegistryEvent): Record<string, unknown> {
  const { at, clock } = event;
  const iso = (time: number): string => new Date(time).toISOString();
  return { ...event, at: iso(at), ...(clock === undefined ? {} : { clock: iso(clock) }) };
}

/**
 * Some reasons why a program cannot be started are thrown (ENOTDIR, ELOOP, E2BIG …), others are
 * events of the child, which then may lack its streams.
 */
function start(file: string, args: string[], options: SpawnOptions): ChildProcess | Error {
  try {
    return spawn(file, args, options);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error;
  }
}

/** Why it failed, in a few words; null: it did not. */
export function failureOf({ code, signal, error }: Ended): string | null {
  if (code === 0) return null;
  return error ?? (signal === null ? `exit code ${code}` : `killed by ${signal}`);
}

/** `"./deploy" failed: exit code 3: ` and the last line that it wrote. */
export function describeFailure([file = '']: readonly string[], how: string, { output }: Ended): string {
  const last = output.trim().split('\n').at(-1) ?? '';
  return `${quote(file)} failed: ${how}${last === '' ? '' : `: ${last}`}`;
}

/** Nobody holds a stage: an empty text. */
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
