import { spawn } from 'node:child_process';
import { isMlregError } from '../core/errors.ts';
import type { RegistryEvent } from '../core/event.ts';
import type { ModelName } from '../core/model-name.ts';
import { quote } from '../core/quote.ts';
import type { StageName } from '../core/stage.ts';
import type { Version } from '../core/version.ts';
import { authorship, type Registry } from './registry.ts';

/** A program that never ends would hold up the job that promoted. */
const timeoutMs = 60_000;
/** How long its output is waited for when it has ended. */
const lingerMs = 500;
/** Of what it writes, the end is kept. */
const keptBytes = 2000;

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Why it could not be started. */
  error: string | null;
  /** The end of what it wrote. */
  output: string;
}

/**
 * Runs a program of the policy after a promotion, with the event as JSON on its stdin and the registry in MLREG_REGISTRY; never a
 * shell. The promotion stands whatever comes of it: a failure is an event, and a warning.
 */
export async function runHook(
  registry: Registry,
  command: string[],
  event: RegistryEvent,
): Promise<string[]> {
  const ended = await run(registry, command, event);
  if (ended.code === 0) return [];
  const how =
    ended.error ?? (ended.signal === null ? `exit code ${ended.code}` : `it was ended by ${ended.signal}`);
  const last = ended.output.trim().split('\n').at(-1) ?? '';
  const warning = `${quote(command[0] ?? '')}, which the policy runs after a promotion, failed: ${how}${last === '' ? '' : `: ${last}`}`;
  const { model, version, stage } = event;
  try {
    await registry.metadata.note({
      action: 'hook',
      model: model as ModelName,
      version: version as Version,
      stage: stage as StageName,
      details: { command, event: event.seq, ...ended },
      ...authorship(registry, how),
    });
    return [warning];
  } catch (error) {
    if (!isMlregError(error)) throw error;
    return [warning, `the failure was not recorded: ${error.message}`];
  }
}

function run(registry: Registry, [file = '', ...args]: string[], event: RegistryEvent): Promise<Ended> {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(file, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, MLREG_REGISTRY: registry.home },
      ...(registry.signal === undefined ? {} : { signal: registry.signal }),
    });
    // The option of `spawn` would go on after a program that could not be started.
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    let linger: NodeJS.Timeout | undefined;
    const end = (ended: Omit<Ended, 'output'>): void => {
      clearTimeout(timer);
      clearTimeout(linger);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ ...ended, output });
    };
    for (const stream of [child.stdout, child.stderr])
      stream
        .setEncoding('utf8')
        .on('data', (text: string) => void (output = (output + text).slice(-keptBytes)));
    child.on('error', (error) => end({ code: null, signal: null, error: error.message }));
    child.on('close', (code, signal) => end({ code, signal, error: null }));
    // What it left running may hold its output open.
    child.on('exit', (code, signal) => {
      linger = setTimeout(() => end({ code, signal, error: null }), lingerMs);
    });
    // It need not read the event.
    child.stdin
      .on('error', () => undefined)
      .end(`${JSON.stringify({ ...event, at: new Date(event.at).toISOString() })}\n`);
  });
}
