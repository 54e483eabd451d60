import type { Plugin } from 'esbuild';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Commands that only look, and their aliases, as the launcher names them. */
const looking = new Set(
  /const looking = new Set\(\[([^\]]*)\]\)/.exec(readFileSync('bin/mlreg.js', 'utf8'))?.[1]?.match(/[a-z]+/g),
);
if (looking.size === 0) throw new Error('bin/mlreg.js names no read-only commands');

/** Of storage, what only those need that write, check or diagnose. */
const ofWriters = [
  'sql/check-rows.ts',
  'sql/register-version.ts',
  'sql/version-changes.ts',
  'sql/needed-blobs.ts',
  'sql/collections.ts',
  'sql/sqlite/snapshot.ts',
  'sql/sqlite/keep-head.ts',
  'sql/sqlite/diagnose-sqlite.ts',
  'home/diagnose-files.ts',
  'home/draft-home.ts',
  'blobs-fs/stage-blob.ts',
  'blobs-fs/repair-blob.ts',
  'blobs-fs/take-out.ts',
  'blobs-fs/tidy.ts',
].map((path) => join('src', 'storage', path));

/**
 * Leaves out what commands that only look never use: the other commands, the bench that promotions ask, and what writes. Whoever
 * calls some of it all the same is told which; of what is named here and not met, the build.
 */
export const onlyLooking: Plugin = {
  name: 'only-looking',
  setup(bundler) {
    const met = new Set<string>();
    bundler.onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path, kind, resolveDir }) => {
      const file = join(resolveDir, path);
      const writer = ofWriters.find((one) => file === join(process.cwd(), one));
      if (writer !== undefined) met.add(writer);
      const other =
        kind === 'dynamic-import' &&
        /\/(?:commands|completion|bench)\/[a-z-]+\.ts$/.test(path) &&
        !(path.includes('/commands/') && looking.has(basename(path, '.ts')));
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

/** The values that a module exports, each as a function that says where it is missing. */
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
