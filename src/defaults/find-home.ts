import { existsSync } from 'node:fs';
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
