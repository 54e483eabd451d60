import { existsSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';

/**
 * The folder of the registry: the given one, else MLREG_REGISTRY, else the working folder or its
 * `registry/`, else the same in the nearest parent.
 */
export function findHome(given: string | undefined, env: NodeJS.ProcessEnv, cwd: string): string {
  const home = namedHome(given, env, cwd) ?? nearestHome(cwd);
  if (home !== undefined) return home;
  throw new MlregError('NOT_FOUND', `no registry in ${quote(cwd)} or any parent folder`, {
    hint: 'create one with mlreg init, or name one with --registry DIR or MLREG_REGISTRY=DIR',
  });
}

/** This folder if it is a registry, else its `registry/`, else the same in the nearest parent. */
export function nearestHome(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    // Other programs also write a registry.json.
    if (existsSync(join(folder, 'registry.json')) && existsSync(join(folder, 'blobs', 'sha256')))
      return folder;
    const home = join(folder, 'registry');
    if (existsSync(join(home, 'registry.json'))) return home;
    if (dirname(folder) === folder) return undefined;
  }
}

/** The registry that was given, or the one in MLREG_REGISTRY, if any. */
export function namedHome(
  given: string | undefined,
  env: NodeJS.ProcessEnv,
  cwd: string,
): string | undefined {
  const named = given ?? (env['MLREG_REGISTRY'] || undefined);
  if (named === undefined) return undefined;
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(named)) {
    throw new MlregError('USAGE', `${quote(named)} is a URL; a registry is a folder`, {
      hint: 'use a path: --registry DIR',
    });
  }
  return resolve(cwd, named);
}

/** Variables in which CI systems name the person who started the job. */
const ciVariables = [
  'GITHUB_ACTOR',
  'GITLAB_USER_LOGIN',
  'CIRCLE_USERNAME',
  'BUILDKITE_BUILD_CREATOR',
  'BUILD_REQUESTEDFOR',
  'BUILD_USER_ID',
  'BITBUCKET_STEP_TRIGGERER_UUID',
];

/**
 * The actor: the given name, else MLREG_ACTOR, else what CI says, else user@host. An actor is a
 * claim, not a proof.
 */
export function findActor(given: string | undefined, env: NodeJS.ProcessEnv): string {
  const actor =
    given ?? [env['MLREG_ACTOR'], ...ciVariables.map((name) => env[name])].find(Boolean) ?? localUser();
  if (actor.length > 0 && actor.length <= 256 && actor.isWellFormed() && !actor.includes('\0')) return actor;
  throw new MlregError(
    'INVALID_INPUT',
    `invalid actor ${quote(actor)}: it must be text of 1 to 256 characters`,
    { hint: 'name one with --actor NAME' },
  );
}

function localUser(): string {
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // In a container, the user may be missing from the password file.
    return `uid${process.getuid?.() ?? ''}`;
  }
}
