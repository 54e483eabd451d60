import type { Plugin } from 'esbuild';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { commandTable } from '../cli/command-table.ts';

/** Read-only commands and their aliases. */
export const readOnlyCommands = new Set(
  commandTable.filter(({ readOnly }) => readOnly === true).flatMap(({ names }) => names),
);

/** Storage modules that are only for writing, checking or diagnosing. */
const ofWriters = [
  'sql/verify/check-rows.ts',
  'sql/versions/register-version.ts',
  'sql/versions/version-changes.ts',
  'sql/collection/needed-blobs.ts',
  'sql/collection/collections.ts',
  'local/sqlite/check-database.ts',
  'local/sqlite/snapshot.ts',
  'local/sqlite/keep-head.ts',
  'local/sqlite/diagnose-sqlite.ts',
  'local/home/diagnose-files.ts',
  'local/home/draft-home.ts',
  'local/blobs/stage-blob.ts',
  'local/blobs/repair-blob.ts',
  'local/blobs/move-to-trash.ts',
  'local/blobs/tidy.ts',
].map((path) => join('src', 'storage', path));

/**
 * Omits the modules that read-only commands never use: the other commands, the bench for
 * promotions, and everything that writes. Calling an omitted function throws with its name. The
 * build fails if a module in `ofWriters` is never imported.
 */
export const readOnly: Plugin = {
  name: 'read-only',
  setup(bundler) {
    const met = new Set<string>();
    bundler.onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path, kind, resolveDir }) => {
      const file = join(resolveDir, path);
      const writer = ofWriters.find((one) => file === join(process.cwd(), one));
      if (writer !== undefined) met.add(writer);
      const other =
        kind === 'dynamic-import' &&
        /\/(?:commands\/\w+|completion|bench\/\w+)\/[a-z-]+\.ts$/.test(path) &&
        !(path.includes('/commands/') && readOnlyCommands.has(basename(path, '.ts')));
      return writer !== undefined || other ? { path: file, namespace: 'left-out' } : undefined;
    });
    bundler.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({ contents: stub(path) }));
    bundler.onEnd(() => {
      const unmet = ofWriters.filter((one) => !met.has(one));
      return {
        errors: unmet.map((one) => ({ text: `${one} is excluded from a bundle that does not use it` })),
      };
    });
  },
};

/**
 * The exports of a module, each replaced by a function that throws and says where it is missing.
 */
function stub(path: string): string {
  const exported = readFileSync(path, 'utf8').matchAll(
    /^export (?:async )?(?:function\*? |const |class )(\w+)/gm,
  );
  return [...exported]
    .map(([, name = '']) => {
      const text = JSON.stringify(`${name} is not in the bundle of read-only commands`);
      return `export function ${name}() { throw new Error(${text}); }`;
    })
    .join('\n');
}
