/**
 * Makes dist/ (`npm run build`): the command as one CommonJS file, and the child that owns ONNX Runtime as another. One
 * file and CommonJS, since that is what a code cache can cover as a whole: see bin/mlreg.js.
 */
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Built-in modules that cost milliseconds to load and that most commands do not need. */
const costly = /^(?:node:)?(?:child_process|crypto|fs\/promises|os|readline|zlib)$/;

/** Loads a costly built-in module when one of its members is first used, whoever imports it. */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: costly }, ({ path, namespace }) =>
      namespace === 'lazy'
        ? { path, external: true }
        : { path: path.replace(/^node:/, ''), namespace: 'lazy' },
    );
    onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => {
      const members = Object.keys(createRequire(import.meta.url)(`node:${path}`) as object);
      const id = JSON.stringify(`node:${path}`);
      return {
        contents: `for (const name of ${JSON.stringify(members)}) Object.defineProperty(exports, name, { enumerable: true, get: () => require(${id})[name] });`,
      };
    });
  },
};

/**
 * Takes better-sqlite3's own JavaScript into the bundle, where the code cache covers it, all but the file that finds the
 * native addon: that one must stay in its place, beside the addon.
 */
const bundledSqlite: Plugin = {
  name: 'bundled-sqlite',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/binding$/ }, ({ path, importer }) =>
      importer.includes('better-sqlite3') ? { path, namespace: 'binding' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'binding' }, () => ({
      contents: `const { dirname, join } = require('node:path');
        module.exports = require(join(dirname(require.resolve('better-sqlite3/package.json')), 'lib', 'binding.js'));`,
    }));
  },
};

const shared: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node22.18',
  mainFields: ['module', 'main'],
  external: ['better-sqlite3/package.json', 'onnxruntime-node'],
  minify: true,
  logLevel: 'warning',
};

rmSync('dist', { recursive: true, force: true });
await Promise.all([
  build({
    ...shared,
    entryPoints: { mlreg: 'src/cli/main.ts' },
    format: 'cjs',
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    define: { 'import.meta.url': '__importMetaUrl' },
    banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    plugins: [lazyBuiltins, bundledSqlite],
  }),
  build({ ...shared, entryPoints: { 'onnx-child': 'src/onnx/child.ts' }, format: 'esm', outdir: 'dist' }),
]);
