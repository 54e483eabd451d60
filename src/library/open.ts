import { resolve } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { callOn } from '../api/call.ts';
import { verbMethods, type VerbMethods } from '../api/verbs.ts';
import { findActor } from '../defaults/find-actor.ts';
import { findHome, namedHome } from '../defaults/find-home.ts';
import { createRegistry as create, openRegistry as open, type OpenOptions } from '../open-registry.ts';
import { locationText } from '../registry/location.ts';
import type { Registry } from '../registry/registry.ts';
import { benchMethods, type BenchMethods } from './bench.ts';
import { comparisonMethods, type ComparisonMethods } from './comparisons.ts';
import { declaredStages, type DeclaredStages } from './declared-stages.ts';
import { requireNode } from './node-version.ts';
import { exportMethods, type ExportMethods } from './exports.ts';
import { maintenanceMethods, type KeepingMethods } from './maintenance.ts';
import { approvalMethods, policies, type ApprovalMethods, type Policies } from './policies.ts';
import { registerMethods, type RegisterMethods } from './register.ts';
import { stageMethods, type StageMethods } from './stages.ts';
import { filledText, milliseconds, nothingElse, optional, text, type Duration } from './values.ts';
import { versionMethods, type VersionMethods } from './versions.ts';

export interface RegistryOptions {
  /** Actor recorded with changes. Default: `MLREG_ACTOR`, or the CI system's user, or user@host. */
  actor?: string;
  /** How long to wait for other writers; then a method rejects `BUSY`. Default: 10 s. */
  wait?: Duration;
  /** Open a registry on a network file system (NFS, SMB …) that no other host uses at the same time; otherwise `STORAGE`. */
  allowNetworkFs?: boolean;
  /** Called once for each warning to writers: the clock is behind the last event. */
  onWarning?: (warning: string) => void;
  /** Aborts running methods: they reject with its reason and leave nothing half done. */
  signal?: AbortSignal;
}

/**
 * An open registry: the verbs of the command line as methods. References, names and versions are strings, times in results are epoch
 * milliseconds. A method that rejects with an `MlregError` has changed nothing,
 * except `register` with a `stage`: a version whose promotion fails stays registered.
 */
export interface ModelRegistry
  extends
    RegisterMethods,
    VersionMethods,
    VerbMethods,
    StageMethods,
    BenchMethods,
    ComparisonMethods,
    ExportMethods,
    KeepingMethods,
    ApprovalMethods,
    AsyncDisposable {
  /** The folder it is in. */
  readonly home: string;
  /** The declared stages. */
  readonly stage: DeclaredStages;
  /** Requirements of promotions. */
  readonly policy: Policies;
  /**
   * Closes the registry; a second time does nothing. `await using registry = await openRegistry()` calls it automatically.
   *
   * @example
   * await registry.close();
   */
  close(): Promise<void>;
}

/**
 * Opens a registry: the folder `home`, or the one in `MLREG_REGISTRY`, or the nearest one: the working folder or its `registry/`, or those of
 * a parent folder. Rejects `NOT_FOUND` if there is none.
 *
 * @example
 * const registry = await openRegistry('/srv/models/registry', { actor: 'nightly training' });
 */
export async function openRegistry(home?: string, options: RegistryOptions = {}): Promise<ModelRegistry> {
  const settings = openOptions('openRegistry', options);
  return withMethods(await open(findHome(folder(home), process.env, process.cwd()), settings));
}

export interface CreateOptions extends RegistryOptions {
  /** Let the folder's group use it: for a team on one host. */
  shared?: boolean;
}

/**
 * Creates a registry or opens the existing one: in the folder `home`, or the one in `MLREG_REGISTRY`, or `./registry`. A new one
 * declares the stages staging and production. Rejects `INVALID_INPUT` if the folder holds other files.
 *
 * @example
 * const registry = await createRegistry('models');
 */
export async function createRegistry(
  home?: string,
  { shared, ...options }: CreateOptions = {},
): Promise<ModelRegistry> {
  const settings = openOptions('createRegistry', options);
  const place = namedHome(folder(home), process.env, process.cwd()) ?? resolve('registry');
  return withMethods((await create(place, settings, shared === true ? 'group' : 'owner')).registry);
}

function folder(home: string | undefined): string | undefined {
  return optional(home, (path) => filledText('home', path));
}

function openOptions(
  method: string,
  { actor, wait, signal, allowNetworkFs, onWarning, ...rest }: RegistryOptions,
): OpenOptions {
  requireNode(process.versions.node);
  nothingElse(method, rest);
  // A name that was given is checked at once; the local user is asked for only when something is written.
  if (actor !== undefined) findActor(text('actor', actor), process.env);
  return {
    get actor() {
      return findActor(actor, process.env);
    },
    waitMs: milliseconds('wait', wait ?? 10_000),
    now: Date.now,
    ...(allowNetworkFs === true ? { allowNetworkFs } : {}),
    ...(onWarning === undefined ? {} : { warn: onWarning }),
    ...(signal === undefined ? {} : { signal }),
  };
}

/** Each group of methods has its file. */
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
    ...registerMethods(whileOpen),
    ...versionMethods(whileOpen),
    ...verbMethods(callOn(whileOpen)),
    ...stageMethods(whileOpen),
    ...benchMethods(whileOpen),
    ...comparisonMethods(whileOpen),
    ...exportMethods(whileOpen),
    ...maintenanceMethods(whileOpen),
    ...approvalMethods(whileOpen),
    stage: declaredStages(whileOpen),
    policy: policies(whileOpen),
    close,
    [Symbol.asyncDispose]: close,
  };
}
