'use strict';
// Replaces better-sqlite3's lib/binding.js in the bundle, which finds the native addon: there,
// resolving the package takes 3 ms, and telling glibc from musl by the mapped libraries 2 ms. If
// the addon is not certain to be in the usual place, binding.js decides.
const { existsSync } = require('node:fs');
const { basename, dirname, join } = require('node:path');

/** The loader of musl, by Node's name of the architecture. Without it, the C library is glibc. */
const muslLoaders = { x64: '/lib/ld-musl-x86_64.so.1', arm64: '/lib/ld-musl-aarch64.so.1' };

let addon;

/** See lib/binding.js in better-sqlite3. */
exports.getBinding = (given) => {
  if (given) return original().getBinding(given);
  addon ??= loadUsual() ?? original().getBinding();
  return addon;
};

function original() {
  return require(join(dirname(require.resolve('better-sqlite3/package.json')), 'lib', 'binding.js'));
}

function loadUsual() {
  const loader = muslLoaders[process.arch];
  if (process.platform !== 'linux' || loader === undefined || existsSync(loader)) return undefined;
  // As Node searches: in the package's own node_modules, then in the one that contains the package.
  const own = join(__dirname, '..', 'node_modules');
  const around = join(__dirname, '..', '..');
  const isThere = (folder) =>
    basename(folder) === 'node_modules' && existsSync(join(folder, 'better-sqlite3'));
  const folder = [own, around].find(isThere);
  if (folder === undefined) return undefined;
  // An addon that was compiled on purpose has precedence.
  if (existsSync(join(folder, 'better-sqlite3', 'build'))) return undefined;
  try {
    return require(join(folder, 'better-sqlite3', 'prebuilds', `linux-${process.arch}.node`));
  } catch {
    return undefined;
  }
}
