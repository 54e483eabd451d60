import { CommanderError } from 'commander';
import { MlregError } from '../core/errors.ts';
import { openSession, type Context } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { createProgram } from './program.ts';

/** argv to exit code: the only place where errors become text and a number. */
export async function main(argv: readonly string[], process: NodeJS.Process): Promise<void> {
  // A promise that never settles would end the process with 0: it fails unless the verdict says otherwise.
  process.exitCode = exitCodes.INTERNAL;
  const stop = new AbortController();
  const endListening = listenForSignals(process, stop);
  toleratesClosedPipe(process);
  let verdict: MlregError | undefined;
  const context: Context = {
    env: process.env,
    cwd: process.cwd(),
    stdout: process.stdout,
    stderr: process.stderr,
    now: Date.now,
    signal: stop.signal,
    fail: (error) => void (verdict = error),
  };
  try {
    const program = await createProgram(argv, context);
    await program.parseAsync(argv.length === 0 ? ['--help'] : argv, { from: 'user' });
  } catch (error) {
    verdict = stop.signal.aborted ? (stop.signal.reason as MlregError) : toMlregError(error);
  } finally {
    endListening();
  }
  if (verdict !== undefined) await reportError(context, argv, verdict);
  process.exitCode = verdict === undefined ? 0 : exitCodeOf(verdict);
}

async function reportError(context: Context, argv: readonly string[], error: MlregError): Promise<void> {
  const end = argv.indexOf('--');
  const flags = end === -1 ? argv : argv.slice(0, end);
  const options = {
    json: flags.includes('--json'),
    ...(flags.includes('--no-color') ? { color: false } : {}),
  };
  await openSession(context, options).output.error(error);
}

/** Anything that is not expected is a bug, and says so; help and version are no errors at all. */
function toMlregError(error: unknown): MlregError | undefined {
  if (error instanceof MlregError) return error;
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return undefined;
    if (error.code === 'commander.help')
      return new MlregError('USAGE', 'no command was given', { hint: 'mlreg --help lists them' });
    const message = error.message.replace(/^error: /, '').split('\n')[0] ?? '';
    const suggestion = /\(Did you mean (.+)\?\)/.exec(error.message)?.[1];
    return new MlregError('USAGE', message, {
      hint: suggestion === undefined ? 'mlreg --help' : `did you mean ${suggestion}?`,
      cause: error,
    });
  }
  const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new MlregError('INTERNAL', `unexpected failure, which is a bug in mlreg: ${shown}`, {
    hint: 'mlreg verify checks that the registry is whole; please report this with the command you ran',
    cause: error,
  });
}

function exitCodeOf(error: MlregError): number {
  return error.code === 'INTERRUPTED' && error.details?.['signal'] === 'SIGTERM'
    ? 143
    : exitCodes[error.code];
}

/** The first signal asks the work to stop and clean up; a second one ends the process at once. */
function listenForSignals(process: NodeJS.Process, stop: AbortController): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    endListening();
    stop.abort(
      new MlregError('INTERRUPTED', `stopped by ${signal}; nothing was left half done`, {
        hint: 'run the command again',
        details: { signal },
      }),
    );
  };
  const endListening = (): void => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return endListening;
}

/** `mlreg list | head -1` closes the pipe early: what is left to print has no reader, and that is no failure. */
function toleratesClosedPipe(process: NodeJS.Process): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
