import type { MlregError } from '../core/errors.ts';
import { parseDuration } from '../core/text/units.ts';
import type { OpenOptions } from '../open-registry.ts';
import type { Registry } from '../registry/registry.ts';
import { findActor } from '../defaults/find-actor.ts';
import { findHome } from '../defaults/find-home.ts';
import type { OutputStream } from './standard-output.ts';
import { createOutput, type Output } from './output.ts';
import { notTogether } from './options.ts';

/** The options of every command. */
export interface GlobalOptions {
  registry?: string;
  json?: boolean;
  quiet?: boolean;
  /** Only for commands that have this form: see `markdownOption`. */
  markdown?: boolean;
  wait?: string;
  actor?: string;
  allowNetworkFs?: boolean;
  color?: boolean;
}

/** What the process provides to a command; costly parts are made on demand. */
export interface Context {
  env: NodeJS.ProcessEnv;
  cwd: string;
  stdout: OutputStream;
  /** Made on demand: few commands write to stderr. */
  stderr: () => NodeJS.WriteStream;
  now: () => number;
  /** Aborted by SIGINT and SIGTERM; the reason is the error to exit with. */
  signal: AbortSignal;
  /**
   * Sets the exit code of a command that completed with a negative verdict, such as a failed gate.
   */
  fail(error: MlregError): void;
}

/** A context with the options of one command line. */
export interface Session extends Context {
  output: Output;
  options: GlobalOptions;
  openOptions(): OpenOptions;
  /** Runs an action on the open registry and closes it in any case. */
  withRegistry<T>(action: (registry: Registry) => Promise<T>): Promise<T>;
}

const defaultWaitMs = 10_000;

export function openOutput(
  { env, stdout, stderr, now }: Context,
  options: GlobalOptions,
  late: string[] = [],
): Output {
  const color = options.color === false ? false : undefined;
  return createOutput({
    json: options.json === true,
    quiet: options.quiet === true,
    markdown: options.markdown === true,
    color,
    env,
    stdout,
    stderr,
    now,
    late,
  });
}

export function openSession(context: Context, options: GlobalOptions): Session {
  const [form, another] = (['json', 'quiet', 'markdown'] as const).filter((each) => options[each] === true);
  if (form !== undefined && another !== undefined) {
    throw notTogether(`--${form}`, `--${another}`);
  }
  const { env, now } = context;
  const late: string[] = [];
  const output = openOutput(context, options, late);
  // An explicit name is checked at once; the local user is looked up only when something is
  // written.
  if (options.actor !== undefined || env['MLREG_ACTOR']) findActor(options.actor, env);
  const openOptions = () => ({
    get actor() {
      return findActor(options.actor, env);
    },
    waitMs: options.wait === undefined ? defaultWaitMs : parseDuration(options.wait),
    now,
    warn: (warning: string) => void late.push(warning),
    signal: context.signal,
    allowNetworkFs: options.allowNetworkFs === true || env['MLREG_ALLOW_NETWORK_FS'] === '1',
  });
  return {
    ...context,
    output,
    options,
    openOptions,
    async withRegistry(action) {
      const { openRegistry } = await import('../open-registry.ts');
      const registry = await openRegistry(findHome(options.registry, env, context.cwd), openOptions());
      try {
        return await action(registry);
      } finally {
        await registry.close();
      }
    },
  };
}
