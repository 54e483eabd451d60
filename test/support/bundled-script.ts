import { buildSync } from 'esbuild';
import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where Node finds the packages of the project from. */
const folder = fileURLToPath(new URL('../../node_modules/.cache/mlreg-test/', import.meta.url));

// CommonJS packages ask for Node's modules with `require`, which a module does not have.
const requireForPackages =
  "import { createRequire as requireFrom } from 'node:module'; globalThis.require = requireFrom(import.meta.url);";

/**
 * The path of a script for child processes, as one JavaScript file. A child that loads the sources
 * spends a second of CPU time on hundreds of them, so where many children run, the file saves
 * most of their time. It is removed when this process exits.
 */
export function bundledScript(path: string, base: string): string {
  const source = fileURLToPath(new URL(path, base));
  const outfile = join(folder, `${basename(source, '.ts')}-${process.pid}.mjs`);
  buildSync({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // Packages too: one of them has hundreds of files. Native ones stay where they are.
    external: ['better-sqlite3', 'onnxruntime-node', '@duckdb/node-api'],
    // A package that is also written as modules is taken as such: a bundler can follow those.
    mainFields: ['module', 'main'],
    banner: { js: requireForPackages },
    logLevel: 'error',
  });
  process.once('exit', () => rmSync(outfile, { force: true }));
  return outfile;
}
