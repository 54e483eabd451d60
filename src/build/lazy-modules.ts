import type { Plugin } from 'esbuild';
import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Built-in modules that cost milliseconds to load and that most commands do not need. */
const costly = /^(?:node:)?(?:child_process|crypto|fs\/promises|os|readline|timers\/promises|zlib)$/;

/** Loads a costly built-in module when one of its members is first used, in any module. */
export const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(bundler) {
    bundler.onResolve({ filter: costly }, ({ path, namespace }) =>
      namespace === 'lazy'
        ? { path, external: true }
        : { path: path.replace(/^node:/, ''), namespace: 'lazy' },
    );
    bundler.onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => {
      const members = Object.keys(createRequire(import.meta.url)(`node:${path}`) as object);
      return { contents: getters(members, `node:${path}`) };
    });
  },
};

/** What the store uses of Kysely, except types. */
const kyselyMembers = new Set(
  globSync('src/storage/**/*.ts').flatMap((file) => {
    const imported = /^import \{([^}]*)\} from 'kysely';$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
    return imported.split(',').flatMap((name) => /^\s*(\w+)\s*$/.exec(name)?.[1] ?? []);
  }),
);

/**
 * Keeps Kysely within the bundle, and loads it when one of its members is first used: commands whose
 * queries the build compiled need none.
 */
export const lazyKysely: Plugin = {
  name: 'lazy-kysely',
  setup(bundler) {
    bundler.onResolve({ filter: /^kysely$/ }, ({ namespace }) =>
      namespace === 'kysely-members' ? undefined : { path: 'kysely', namespace: 'lazy-kysely' },
    );
    bundler.onLoad({ filter: /.*/, namespace: 'lazy-kysely' }, () => ({
      contents: getters([...kyselyMembers], 'kysely-members'),
    }));
    bundler.onResolve({ filter: /^kysely-members$/ }, ({ path }) => ({ path, namespace: 'kysely-members' }));
    bundler.onLoad({ filter: /.*/, namespace: 'kysely-members' }, () => ({
      contents: `export { ${[...kyselyMembers].join(', ')} } from 'kysely';`,
      resolveDir: '.',
    }));
  },
};

/** A module whose members are those of another, which is loaded for the first of them. */
function getters(members: readonly string[], module: string): string {
  const id = JSON.stringify(module);
  return `for (const name of ${JSON.stringify(members)}) Object.defineProperty(exports, name, { enumerable: true, get: () => require(${id})[name] });`;
}
