/**
 * Makes dist/ (`npm run build`): the command as one CommonJS file, a smaller one for read-only
 * commands, packages that few commands need beside them, the library with its declarations, and the
 * child that owns ONNX Runtime, with its worker threads. The command is one file and CommonJS,
 * since that is what a code cache can cover as a whole: see bin/mlreg.js.
 */
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { createHash } from 'node:crypto';
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { writeDeclarations } from './build/declarations.ts';
import { compiledQueries } from './build/fixed-queries.ts';
import { lazyBuiltins, lazyKysely, lazyTables } from './build/lazy-modules.ts';
import { readOnly, readOnlyCommands } from './build/read-only.ts';
import { thirdPartyLicenses } from './build/third-party.ts';
import { valuedOptions } from './cli/command-table.ts';
import { refuseDeclarations, verbFunctions } from './build/verb-functions.ts';
import * as published from './api/published.ts';

/**
 * Takes better-sqlite3's JavaScript into the bundle, where the code cache covers it, except the part
 * that finds its native addon.
 */
const bundledSqlite: Plugin = {
  name: 'bundled-sqlite',
  setup(bundler) {
    bundler.onResolve({ filter: /^\.\/binding$/ }, ({ importer }) =>
      importer.includes('better-sqlite3') ? { path: resolve('src/build/sqlite-addon.cjs') } : undefined,
    );
  },
};

/**
 * What commands use of zod, all of which is ten times as large. The published schemas need none of
 * it: see below.
 */
const zodMembers = new Set(
  globSync('src/**/*.ts', { exclude: ['src/{api,schemas}/**'] }).flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    if (!text.includes("import * as z from 'zod'")) return [];
    return [...text.matchAll(/\bz\s*\.([a-z]\w*)(?=[.(])/gi)].map(([, member]) => member);
  }),
);

/**
 * Packages that only some commands load, and what is taken of them: each a file of its own in
 * dist/.
 */
const apart: Record<string, string> = {
  '@redis/client': "export { createClient, RESP_TYPES } from '@redis/client'",
  cephes: "export { compiled, erfc, chdtrc, incbet, stdtri } from 'cephes'",
  'cli-progress': "module.exports = require('cli-progress')",
  'cli-table3': "module.exports = require('cli-table3')",
  ignore: "module.exports = require('ignore')",
  'string-width': "module.exports = require('string-width')",
  'jsonc-parser': "export { visit } from 'jsonc-parser'",
  chalk: "export { Chalk, supportsColor } from 'chalk'",
  zod: `export { ${[...zodMembers].join(', ')} } from 'zod'`,
};

const packagesApart: Plugin = {
  name: 'packages-apart',
  setup(bundler) {
    bundler.onResolve({ filter: /\/api\/published\.ts$/ }, () => ({
      path: './schemas.cjs',
      external: true,
    }));
    bundler.onResolve({ filter: new RegExp(`^(?:${Object.keys(apart).join('|')})$`) }, ({ path }) => ({
      path: `./${path}.cjs`,
      external: true,
      // Not loaded by what only its left-out schemas use.
      sideEffects: false,
    }));
  },
};

/** Most programs that use the library keep no answers in Redis. */
const redisApart: Plugin = {
  name: 'redis-apart',
  setup(bundler) {
    bundler.onResolve({ filter: /^@redis\/client$/ }, ({ path }) => ({
      path: `./${path}.cjs`,
      external: true,
    }));
  },
};

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node22.18',
  mainFields: ['module', 'main'],
  external: ['better-sqlite3/package.json', 'onnxruntime-node', '@duckdb/node-api', 'sharp'],
  minify: true,
  // In THIRD-PARTY-LICENSES, whole.
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  outdir: 'dist',
} satisfies BuildOptions;
const bundles = ['dist/mlreg.cjs', 'dist/mlreg-read-only.cjs'];
const commonJs = { ...shared, format: 'cjs', outExtension: { '.js': '.cjs' } } satisfies BuildOptions;

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
// The schemas as values: what makes them of zod's stays behind.
writeFileSync(
  'dist/schemas.cjs',
  Object.entries(published)
    .map(([name, schema]) => `exports.${name}=${JSON.stringify(schema)};\n`)
    .join(''),
);
const command = {
  ...commonJs,
  // A script from a code cache cannot import(), only require.
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': '__importMetaUrl' },
  banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
} satisfies BuildOptions;
const plugins = [
  lazyBuiltins,
  lazyKysely,
  lazyTables,
  compiledQueries,
  bundledSqlite,
  packagesApart,
  verbFunctions,
];
const results = await Promise.all([
  build({ ...command, entryPoints: { mlreg: 'src/cli/main.ts' }, plugins }),
  build({
    ...command,
    entryPoints: { 'mlreg-read-only': 'src/cli/main.ts' },
    plugins: [...plugins, readOnly],
  }),
  ...Object.entries(apart).map(([name, contents]) =>
    build({
      ...commonJs,
      outdir: undefined,
      outfile: `dist/${name}.cjs`,
      stdin: { contents, resolveDir: '.' },
    }),
  ),
  build({
    ...shared,
    entryPoints: {
      'onnx-child': 'src/model-child.ts',
      'onnx-session': 'src/session-child.ts',
      'onnx-engine': 'src/serve/engine/inline-engine.ts',
      'onnx-load-worker': 'src/bench/child/load-worker.ts',
      'onnx-table-worker': 'src/predict/child/table-worker.ts',
      'onnx-model-worker': 'src/predict/child/model-worker.ts',
    },
    format: 'esm',
  }),
  build({
    ...shared,
    entryPoints: { index: 'src/index.ts' },
    format: 'esm',
    external: ['better-sqlite3', 'onnxruntime-node', '@duckdb/node-api'],
    plugins: [redisApart],
    // Node shows the line of an error that nobody caught, which must not be all of the file.
    minify: false,
  }),
]);
for (const file of bundles) refuseOtherThanAscii(file);
for (const { metafile } of results.slice(0, bundles.length)) refuseDeclarations(metafile);
const notices = thirdPartyLicenses(results.map(({ metafile }) => metafile));
writeFileSync('dist/THIRD-PARTY-LICENSES', notices);

// Guides, which `mlreg help TOPIC` shows, and scripts for shells, which `mlreg completion` prints.
cpSync('src/cli/help/topics', 'dist/topics', { recursive: true });
cpSync('src/cli/completion', 'dist/completion', {
  recursive: true,
  filter: (path) => !path.endsWith('.ts'),
});

// By which the launcher chooses the bundle.
writeFileSync('dist/launch.json', JSON.stringify({ readOnly: [...readOnlyCommands], valued: valuedOptions }));

// The launcher runs a bundle as a function, as Node runs a module. It keeps compiled code by this
// hash: V8 itself would take another bundle of the same length for this one.
for (const file of bundles) {
  const bundle = readFileSync(file);
  const hash = createHash('sha256').update(bundle).digest('hex').slice(0, 16);
  const [head, end] = [`/*${hash}*/(function (exports, require, module, __filename, __dirname) {`, '\n})'];
  writeFileSync(file, Buffer.concat([Buffer.from(head), bundle, Buffer.from(end)]));
}

// The last, so that the command can be tried while the types do not hold yet.
const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  dependencies: Record<string, string>;
};
writeDeclarations('dist/types', Object.keys(dependencies));

/**
 * The launcher reads the bundle a byte a character. esbuild escapes all but what stands in regular
 * expressions.
 */
function refuseOtherThanAscii(file: string): void {
  const found = /.{0,40}[^\u0000-\u007f]/.exec(readFileSync(file, 'utf8'));
  if (found !== null) throw new Error(`${file} is not all ASCII: ${found[0]}`);
}
