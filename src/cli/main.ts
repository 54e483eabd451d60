import { closeSync, openSync } from 'node:fs';
import { CommanderError, type Command } from 'commander';
import { MlregError } from '../core/errors.ts';
import { commandWord } from './command-table.ts';
import { openOutput, type Context } from './context.ts';
import { exitCodeOf, exitCodes, signalCodes } from './exit-codes.ts';
import { formInWords } from './options/form.ts';
import type { Output } from './output/output.ts';
import { createProgram } from './program.ts';
import { standardOutput, type OutputStream } from './output/standard-output.ts';

/** Called by the launcher. Returns whether everything is written, so that the process may end at once. */
export async function run(process: NodeJS.Process): Promise<boolean> {
  const stdout = standardOutput(process);
  const { usedStderr } = await main(process.argv.slice(2), process, stdout);
  return stdout.isDirect === true && !usedStderr;
}

/** From argv to exit code: the only place where errors become text and a number. */
export async function main(
  argv: readonly string[],
  process: NodeJS.Process,
  stdout: OutputStream = process.stdout,
): Promise<{ usedStderr: boolean }> {
  // If a promise never settles, Node would exit with 0; so the exit code is INTERNAL until there is
  // a result.
  process.exitCode = exitCodes.INTERNAL;
  const stop = new AbortController();
  let hangup: (() => void) | undefined;
  const endListening = listenForSignals(process, stop, () => hangup);
  const unprinted = watchOutput(stdout);
  let verdict: MlregError | undefined;
  let output: Output | undefined;
  let usedStderr = false;
  const context: Context = {
    env: process.env,
    get cwd() {
      return workingFolder(process);
    },
    stdout,
    stdin: () => process.stdin,
    // Made on demand: few commands write to stderr.
    stderr: () => {
      usedStderr = true;
      return tolerant(process.stderr);
    },
    now: Date.now,
    signal: stop.signal,
    onHangup: (act) => void (hangup = act),
    fail: (error) => void (verdict = error),
    useOutput: (opened) => void (output = opened),
  };
  try {
    const words = asVersionCommand(argv, process.env);
    const program = await createProgram(words, context);
    await program.parseAsync(await wordsToParse(program, words), { from: 'user' });
  } catch (error) {
    verdict = stop.signal.aborted ? (stop.signal.reason as MlregError) : toMlregError(error);
  } finally {
    // Who sends a signal twice (see `sameSignalMs`) may do so after the work has ended: by default,
    // the second one would end the process before it says what happened.
    if (!stop.signal.aborted) endListening();
  }
  // A failed write is reported one turn later.
  await new Promise((resolve) => setImmediate(resolve));
  verdict ??= unprinted();
  if (verdict !== undefined) await (output ?? outputFor(context, argv)).error(verdict);
  process.exitCode = verdict === undefined ? 0 : exitCodeOf(verdict);
  return { usedStderr };
}

async function wordsToParse(program: Command, argv: readonly string[]): Promise<readonly string[]> {
  if (argv.length === 0) return ['--help'];
  if (!argv.includes('--help') && !argv.includes('-h')) return argv;
  const { vainHelp } = await import('./help/vain-help.ts');
  return vainHelp(program, argv) ?? argv;
}

/**
 * `--version --json` as `version --json`, whose modules the plain `--version` does without. Other
 * command lines are returned unchanged.
 */
function asVersionCommand(argv: readonly string[], env: NodeJS.ProcessEnv): readonly string[] {
  const isVersion = (word: string): boolean => word === '--version' || word === '-v';
  if (!argv.some(isVersion) || commandWord(argv) !== undefined) return argv;
  if (argv.some((word) => word === '--help' || word === '-h')) return argv;
  const form = formInWords(flagsIn(argv)) ?? env['MLREG_FORMAT'];
  return form === 'json' ? ['version', ...argv.filter((word) => !isVersion(word))] : argv;
}

/** The output for an error in the command line itself, whose options are not known then. */
function outputFor(context: Context, argv: readonly string[]): Output {
  const flags = flagsIn(argv);
  return openOutput(context, { asked: formInWords(flags), color: !flags.includes('--no-color') });
}

/** The words in which flags are looked for: those before `--`. */
function flagsIn(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}

function workingFolder(process: NodeJS.Process): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new MlregError('NOT_FOUND', 'the current directory no longer exists', {
      hint: 'cd to an existing directory',
      cause,
    });
  }
}

/** Any unexpected error is reported as a bug; help and version are not errors. */
function toMlregError(error: unknown): MlregError | undefined {
  if (error instanceof MlregError) return error;
  if (error instanceof CommanderError && error.exitCode === 0) return undefined;
  const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new MlregError('INTERNAL', `unexpected error (a bug in mlreg): ${shown}`, {
    hint: 'please report this with the command you ran; mlreg verify checks the registry',
    cause: error,
  });
}

const signals = Object.keys(signalCodes) as NodeJS.Signals[];

/**
 * Signals this close together count as one: a terminal and npm, npx or the launcher each send
 * Ctrl-C to the same process.
 */
const sameSignalMs = 500;

/**
 * The first signal asks the work to stop and clean up; a later one ends the process at once. SIGHUP
 * is `hangup` if a command wants it.
 */
function listenForSignals(
  process: NodeJS.Process,
  stop: AbortController,
  hangup: () => (() => void) | undefined,
): () => void {
  let first: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    const act = signal === 'SIGHUP' ? hangup() : undefined;
    if (act !== undefined && !isTerminalGone(process)) return act();
    if (first === undefined) {
      first = performance.now();
      stop.abort(
        new MlregError('INTERRUPTED', `interrupted by ${signal}; no partial changes were made`, {
          hint: 'run the command again',
          details: { signal },
        }),
      );
    } else if (performance.now() - first > sameSignalMs) {
      endListening();
      process.kill(process.pid, signal);
    }
  };
  const endListening = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return endListening;
}

/** The kernel sends SIGHUP, too, when the terminal of a process was closed. */
function isTerminalGone({ stdout }: NodeJS.Process): boolean {
  if (!stdout.isTTY) return false;
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return false;
  } catch {
    return true;
  }
}

/**
 * `mlreg list | head -1` closes the pipe early: the rest of the output has no reader, which is not
 * a failure. Any other failed write to stdout is one.
 */
function watchOutput(stdout: OutputStream): () => MlregError | undefined {
  let failure: MlregError | undefined;
  stdout.on('error', (cause) => {
    if (cause.code === 'EPIPE') return;
    failure = new MlregError('STORAGE', `could not write the result to stdout: ${cause.message}`, {
      hint: 'the command succeeded; see its changes with mlreg history',
      cause,
    });
  });
  return () => failure;
}

/** Ignores write errors of stderr: there is no place to report them. */
function tolerant(stderr: NodeJS.WriteStream): NodeJS.WriteStream {
  return stderr.listenerCount('error') > 0 ? stderr : stderr.on('error', () => undefined);
}
