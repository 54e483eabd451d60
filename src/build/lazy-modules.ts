import type { Plugin } from 'esbuild';
import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Built-in modules that cost milliseconds to load and that most commands do not need. */
const costly = /^(?:node:)?(?:child_process|crypto|fs\/promises|os|readline|timers\/promises|zlib)$/;

/**
 * Loads a costly built-in module when one of its functions is first called, in any module. Each
 * function has one of its own name in front: of a module with getters, esbuild copies every getter
 * for each module that imports one. There is nothing but functions, so that a constant, which may be
 * another on the user's machine, and a class are errors of the build; zlib's constants are fixed.
 */
export const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(bundler) {
    bundler.onResolve({ filter: costly }, ({ path, namespace }) =>
      namespace === 'lazy'
        ? { path, external: true }
        : { path: path.replace(/^node:/, ''), namespace: 'lazy' },
    );
    bundler.onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => {
      const module = createRequire(import.meta.url)(`node:${path}`) as Record<string, unknown>;
      const load = `require(${JSON.stringify(`node:${path}`)})`;
      const functions = Object.keys(module).filter(
        (name) => typeof module[name] === 'function' && /^[a-z]/.test(name),
      );
      return {
        contents: [
          ...functions.map(
            (name) => `export function ${name}(...given) { return ${load}.${name}(...given); }`,
          ),
          ...(path === 'zlib' ? [`export const constants = ${JSON.stringify(module['constants'])};`] : []),
          // For `import crypto from 'node:crypto'`.
          `export default { ${functions.join(', ')} };`,
        ].join('\n'),
      };
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
      contents: `for (const name of ${JSON.stringify([...kyselyMembers])})
        Object.defineProperty(exports, name, { enumerable: true, get: () => require('kysely-members')[name] });`,
    }));
    bundler.onResolve({ filter: /^kysely-members$/ }, ({ path }) => ({ path, namespace: 'kysely-members' }));
    bundler.onLoad({ filter: /.*/, namespace: 'kysely-members' }, () => ({
      contents: `export { ${[...kyselyMembers].join(', ')} } from 'kysely';`,
      resolveDir: '.',
    }));
  },
};

/** What draws tables, which JSON and pipes do without. Each package is one function, or a class. */
const drawing: Record<string, string> = {
  'cli-table3': "export default function(...given) { return new (require('cli-table3'))(...given); }",
  'string-width': "export default function(...given) { return require('string-width')(...given); }",
};

/** Loads a package that draws tables when the first one is drawn. */
export const lazyTables: Plugin = {
  name: 'lazy-tables',
  setup(bundler) {
    bundler.onResolve(
      { filter: new RegExp(`^(?:${Object.keys(drawing).join('|')})$`) },
      ({ path, namespace }) => (namespace === 'lazy-tables' ? undefined : { path, namespace: 'lazy-tables' }),
    );
    bundler.onLoad({ filter: /.*/, namespace: 'lazy-tables' }, ({ path }) => ({
      contents: drawing[path] ?? '',
    }));
  },
};
