import type { MlregError } from '../core/errors.ts';
import { parseDuration } from '../core/text/units.ts';
import type { OpenOptions } from '../open-registry.ts';
import type { Registry } from '../registry/registry.ts';
import { findActor, findHome } from '../defaults/home-and-actor.ts';
import type { OutputStream } from './output/standard-output.ts';
import { askedForm, usualForm, type Form } from './options/form.ts';
import type { Format } from './options/options.ts';
import { createOutput, type Output } from './output/output.ts';

/** The options of every command. */
export interface GlobalOptions {
  registry?: string;
  format?: Format;
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
  /** Made on demand: few commands read it. */
  stdin: () => NodeJS.ReadStream;
  /** Made on demand: few commands write to stderr. */
  stderr: () => NodeJS.WriteStream;
  now: () => number;
  /** Aborted by SIGINT and SIGTERM; the reason is the error to exit with. */
  signal: AbortSignal;
  /** SIGHUP calls this from now on, and does not abort; only a lost terminal still does. */
  onHangup(act: () => void): void;
  /**
   * Sets the exit code of a command that completed with a negative verdict, such as a failed gate.
   */
  fail(error: MlregError): void;
  /** Errors are printed by this output from now on. */
  useOutput(output: Output): void;
}

/** A context with the options of one command line. */
export interface Session extends Context {
  output: Output;
  options: GlobalOptions;
  /** The form that flags ask for. */
  asked: Form | undefined;
  /** The form that results have. */
  readonly form: Form;
  openOptions(): OpenOptions;
  /** Runs an action on the open registry and closes it in any case. */
  withRegistry<T>(action: (registry: Registry) => Promise<T>): Promise<T>;
}

const defaultWaitMs = 10_000;

export function openOutput(
  { env, stdout, stderr, now }: Context,
  { color, asked }: { color: boolean | undefined; asked: Form | undefined },
  late: string[] = [],
): Output {
  return createOutput({ asked, color, env, stdout, stderr, now, late });
}

export function openSession(context: Context, options: GlobalOptions): Session {
  const asked = askedForm(options);
  const { env, stdout } = context;
  const late: string[] = [];
  const output = openOutput(context, { color: options.color, asked }, late);
  context.useOutput(output);
  // An explicit name is checked at once; the local user is looked up only when something is
  // written.
  if (options.actor !== undefined || env['MLREG_ACTOR']) findActor(options.actor, env);
  const openOptions = () => {
    // A wrong variable is told before anything is done.
    if (asked === undefined) usualForm(env, stdout);
    return optionsToOpen(context, options, late);
  };
  return {
    ...context,
    output,
    options,
    asked,
    get form() {
      return asked ?? usualForm(env, stdout);
    },
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

function optionsToOpen({ env, now, signal }: Context, options: GlobalOptions, late: string[]): OpenOptions {
  return {
    get actor() {
      return findActor(options.actor, env);
    },
    waitMs: options.wait === undefined ? defaultWaitMs : parseDuration(options.wait),
    now,
    warn: (warning: string) => void late.push(warning),
    signal,
    allowNetworkFs: options.allowNetworkFs === true || env['MLREG_ALLOW_NETWORK_FS'] === '1',
  };
}
