#!/usr/bin/env node
// The launcher. It runs on any Node, so that an old one gets a clear answer: better-sqlite3 would crash it. Nothing is loaded
// before the version is known to do. It is CommonJS (package.json beside it), which starts 2 ms sooner: importing node:fs evaluates
// every getter of it, and with them a dozen modules that are not needed.
'use strict';
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const oldest = [22, 18];
const root = join(__dirname, '..');
const own = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
const bundle = join(root, 'dist', 'mlreg.cjs');

function isNewEnough() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

function fail(message, hint, code, exitCode) {
  const error = { code, message, hint, exitCode };
  const text = process.argv.includes('--json')
    ? JSON.stringify({ schemaVersion: 1, error })
    : `error: ${message}\n  try: ${hint}`;
  process.stderr.write(`${text}\n`);
  process.exitCode = exitCode;
}

/** Hands over to the Node that the package brought along: same arguments, streams, signals and exit code. */
function runWithOwnNode() {
  const { spawn } = require('node:child_process');
  const child = spawn(own, process.argv.slice(1), { stdio: 'inherit' });
  const forward = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward);
  child.on('error', (error) =>
    fail(`${own} does not start: ${error.message}`, 'install a current Node', 'USAGE', 2),
  );
  child.on('exit', (code, signal) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(name, forward);
    if (signal !== null) process.kill(process.pid, signal);
    else process.exitCode = code ?? 1;
  });
}

/**
 * Where V8's code for one command is kept: in a folder of the user's own, since compiled code from a folder that others
 * can write to could be anybody's. V8 knows the source by its length only, so the name says which bundle it is of. Undefined
 * where there is no place for it.
 */
function codeCacheFile(fs) {
  const { XDG_CACHE_HOME: caches, HOME: home, NODE_DISABLE_COMPILE_CACHE: disabled } = process.env;
  if (disabled) return undefined;
  try {
    const { size, mtimeMs } = fs.statSync(bundle);
    const folder = join(caches || join(home || require('node:os').homedir(), '.cache'), 'mlreg');
    const word = process.argv
      .slice(2)
      .find((argument) => /^[a-z-]{1,32}$/.test(argument) && argument[0] !== '-');
    return join(
      folder,
      `${process.version}-${process.arch}-${size}-${Math.trunc(mtimeMs)}-${word ?? 'help'}.v8`,
    );
  } catch {
    return undefined;
  }
}

function readIfThere(fs, file) {
  try {
    return file === undefined ? undefined : fs.readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Without a cache a command is slower to start, and nothing else: no failure here may become one of the command. */
function keepCode(fs, file, code) {
  try {
    fs.mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
    fs.writeFileSync(`${file}.${process.pid}`, code, { mode: 0o600 });
    fs.renameSync(`${file}.${process.pid}`, file);
  } catch {
    // A read-only home, a full disk.
  }
}

/**
 * Runs the bundle with the code that an earlier run of this command left. Taken after a run, it holds every function that the
 * command needs; Node's own compile cache, taken when a file is loaded, holds nearly none.
 */
async function run() {
  const fs = require('node:fs');
  const { Script } = require('node:vm');
  const file = codeCacheFile(fs);
  const cachedData = readIfThere(fs, file);
  const source = `(function (exports, require, module, __filename, __dirname) {${fs.readFileSync(bundle, 'utf8')}\n})`;
  const script = new Script(source, { filename: bundle, cachedData });
  const module = { exports: {} };
  script.runInThisContext()(
    module.exports,
    require('node:module').createRequire(bundle),
    module,
    bundle,
    join(root, 'dist'),
  );
  await module.exports.run(process);
  const stale = cachedData === undefined || script.cachedDataRejected === true;
  if (file !== undefined && stale && process.exitCode === 0) keepCode(fs, file, script.createCachedData());
}

if (!isNewEnough()) {
  if (existsSync(own)) runWithOwnNode();
  else
    fail(
      `mlreg needs Node ${oldest.join('.')} or newer, this is ${process.versions.node}`,
      'install a current Node, or run: npx -y node@24 "$(which mlreg)"',
      'USAGE',
      2,
    );
} else if (!existsSync(bundle)) {
  fail(`mlreg is not built: ${bundle} is missing`, 'npm run build', 'NOT_FOUND', 3);
} else {
  void run();
}
