import { resolve } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import * as z from 'zod';
import { callOn, readInput } from '../api/call.ts';
import { verbMethods, type VerbMethods } from '../api/verbs.ts';
import { findActor, findHome, namedHome } from '../defaults/home-and-actor.ts';
import { createRegistry as create, openRegistry as open, type OpenOptions } from '../open-registry.ts';
import { locationText, type Registry } from '../registry/registry.ts';
import { requireNode } from './node-version.ts';
import type { Duration } from '../api/options.ts';
import * as given from '../api/given.ts';

export interface RegistryOptions {
  /** Actor recorded with changes. Default: `MLREG_ACTOR`, or the CI system's user, or user@host. */
  actor?: string;
  /** How long to wait for other writers; then a method rejects `BUSY`. Default: 10 s. */
  wait?: Duration;
  /**
   * Open a registry on a network file system (NFS, SMB …) that no other host uses at the same time;
   * otherwise `STORAGE`.
   */
  allowNetworkFs?: boolean;
  /** Called once for each warning to writers: the clock is behind the last event. */
  onWarning?: (warning: string) => void;
  /** Aborts running methods: they reject with its reason and leave nothing half done. */
  signal?: AbortSignal;
}

/**
 * An open registry: the verbs of the command line as methods. References, names and versions are
 * strings, times in results are epoch milliseconds. A method that rejects with an `MlregError` has
 * changed nothing, except `register` with a `stage`: a version whose promotion fails stays
 * registered.
 */
export interface ModelRegistry extends VerbMethods, AsyncDisposable {
  /** The folder it is in. */
  readonly home: string;
  /**
   * Closes the registry; a second time does nothing. `await using registry = await openRegistry()`
   * calls it automatically.
   *
   * @example
   * await registry.close();
   */
  close(): Promise<void>;
}

/**
 * Opens a registry: the folder `home`, or the one in `MLREG_REGISTRY`, or the nearest one: the
 * working folder or its `registry/`, or those of a parent folder. Rejects `NOT_FOUND` if there is
 * none.
 *
 * @example
 * const registry = await openRegistry('/srv/models/registry', { actor: 'nightly training' });
 */
export async function openRegistry(home?: string, options: RegistryOptions = {}): Promise<ModelRegistry> {
  requireNode(process.versions.node);
  const input = readInput(
    { name: 'openRegistry', input: () => z.strictObject(fields) },
    { ...options, home },
  );
  return withMethods(await open(findHome(input.home, process.env, process.cwd()), openOptions(input)));
}

export interface CreateOptions extends RegistryOptions {
  /** Let the folder's group use it: for a team on one host. */
  shared?: boolean;
}

/**
 * Creates a registry or opens the existing one: in the folder `home`, or the one in
 * `MLREG_REGISTRY`, or `./registry`. A new one declares the stages staging and production. Rejects
 * `INVALID_INPUT` if the folder holds other files.
 *
 * @example
 * const registry = await createRegistry('models');
 */
export async function createRegistry(home?: string, options: CreateOptions = {}): Promise<ModelRegistry> {
  requireNode(process.versions.node);
  const withShared = z.strictObject({ ...fields, shared: given.flag });
  const input = readInput({ name: 'createRegistry', input: () => withShared }, { ...options, home });
  const place = namedHome(input.home, process.env, process.cwd()) ?? resolve('registry');
  const share = input.shared === true ? 'group' : 'owner';
  return withMethods((await create(place, openOptions(input), share)).registry);
}

const fields = {
  home: given.filledText.optional(),
  actor: given.text.optional(),
  wait: given.duration.default(10_000),
  allowNetworkFs: given.flag,
  onWarning: given.callback<(warning: string) => void>(),
  signal: z.custom<AbortSignal>(isSignal, { error: 'an AbortSignal' }).optional(),
};

/** Also accepts a signal of another realm, such as a test runner's sandbox. */
function isSignal(given: unknown): boolean {
  return typeof (given as Partial<AbortSignal> | null)?.throwIfAborted === 'function';
}

function openOptions({
  actor,
  wait,
  signal,
  allowNetworkFs,
  onWarning,
}: z.output<z.ZodObject<typeof fields>>): OpenOptions {
  // An explicit name is checked at once; the local user is looked up only when something is
  // written.
  if (actor !== undefined) findActor(actor, process.env);
  return {
    get actor() {
      return findActor(actor, process.env);
    },
    waitMs: wait,
    now: Date.now,
    ...(allowNetworkFs === true ? { allowNetworkFs } : {}),
    ...(onWarning === undefined ? {} : { warn: onWarning }),
    ...(signal === undefined ? {} : { signal }),
  };
}

function withMethods(registry: Registry): ModelRegistry {
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= registry.close());
  const whileOpen = Object.create(registry, {
    metadata: {
      get: () => {
        if (closed === undefined) return registry.metadata;
        throw new MlregError('USAGE', `the registry ${quote(locationText(registry))} is closed`, {
          hint: 'open it again: await openRegistry()',
        });
      },
    },
  }) as Registry;
  return {
    home: locationText(registry),
    ...verbMethods(callOn(whileOpen)),
    close,
    [Symbol.asyncDispose]: close,
  };
}
