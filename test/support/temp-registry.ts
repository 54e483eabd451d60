import Database from 'better-sqlite3';
import { join } from 'node:path';
import {
  parseModelName,
  parseExplicitReference,
  parseReference,
  type Reference,
  parseStageName,
} from '../../src/core/versions/reference.ts';
import { parseVersion } from '../../src/core/versions/version.ts';
import { hexOf, parseDigest } from '../../src/core/versions/artifact.ts';
import { createRegistry, openRegistry, type OpenOptions } from '../../src/open-registry.ts';
import { register, type RegisterInput } from '../../src/registry/register/register.ts';
import type { RegisterResult } from '../../src/registry/register/register-result.ts';
import { localFolder, type Registry } from '../../src/registry/registry.ts';
import { tempFolder, type Cleanup } from './temp-folder.ts';

/** A clock that a test sets; it stands still otherwise. */
export interface TestClock {
  at: number;
}

export interface TempRegistry extends Registry {
  /** Its folder. */
  home: string;
  clock: TestClock;
}

export function openOptions(clock: TestClock = { at: Date.UTC(2026, 0, 1) }, waitMs = 10_000): OpenOptions {
  return { actor: 'tester', waitMs, now: () => clock.at };
}

/** A registry in a folder of its own, both gone after the test. */
export async function tempRegistry(
  test: Cleanup,
  { waitMs }: { waitMs?: number } = {},
): Promise<TempRegistry> {
  const clock = { at: Date.UTC(2026, 0, 1) };
  const home = join(tempFolder(test), 'registry');
  const { registry } = await createRegistry(home, openOptions(clock, waitMs));
  test.after(() => registry.close());
  return { ...registry, home, clock };
}

/** The folder that a registry is in. */
export function homeOf(registry: Registry): string {
  return localFolder(registry, 'this test').home;
}

/** Opens a registry that a test has made before. */
export async function reopen(test: Cleanup, home: string): Promise<Registry> {
  const registry = await openRegistry(home, openOptions());
  test.after(() => registry.close());
  return registry;
}

/** Registers a path, with defaults for all that a test does not care about. */
export function add(
  registry: Registry,
  name: string,
  path: string,
  rest: Partial<Omit<RegisterInput, 'name' | 'path'>> = {},
): Promise<RegisterResult> {
  return register(registry, {
    name: parseModelName(name),
    path,
    number: { kind: 'auto' },
    metadata: {},
    ifExists: 'reuse',
    ...rest,
  });
}

export const ref = (text: string): Reference => parseReference(text);
export const exact = (text: string): Required<Reference> => parseExplicitReference(text);
export const stage = parseStageName;
export const version = parseVersion;
export const modelName = parseModelName;

/** Where a blob is kept. */
export function blobPath(home: string, digest: string): string {
  return join(home, 'blobs', 'sha256', hexOf(parseDigest(digest)));
}

/** Changes rows behind the registry's back, references between tables included. */
export function editRows(home: string, statement: string, ...values: unknown[]): number {
  const database = new Database(join(home, 'mlreg.db'));
  try {
    database.pragma('foreign_keys = OFF');
    return database.prepare(statement).run(...values).changes;
  } finally {
    database.close();
  }
}
