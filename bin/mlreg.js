#!/usr/bin/env node
// The launcher. It runs on any Node, so that an old one gets a clear answer: better-sqlite3 would crash it. Nothing is loaded
// before the version is known to do. It is CommonJS (package.json beside it), which starts 2 ms sooner: importing node:fs evaluates
// every getter of it, and with them a dozen modules that are not needed.
'use strict';
const { existsSync, readFileSync } = require('node:fs');
const { dirname, isAbsolute, join } = require('node:path');

const oldest = [22, 18];
const root = join(__dirname, '..');
const own = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
/**
 * What the build takes from the table of commands: the read-only ones with their aliases, which have a bundle of half the size,
 * since V8 takes in all of one at each start; and options that take a value, which is therefore not the command.
 */
const { readOnly, valued } = readTable();
const bundle = join(root, 'dist', readOnly.includes(commandWord()) ? 'mlreg-read-only.cjs' : 'mlreg.cjs');

function readTable() {
  const file = join(root, 'dist', 'launch.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { readOnly: [], valued: [] };
}

function isNewEnough() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

function fail(message, hint, code, exitCode) {
  const error = { code, message, hint, exitCode };
  const text = process.argv.includes('--json')
    ? JSON.stringify({ schemaVersion: 1, error })
    : // One line: this may be all that a log shows.
      `error: ${message}; try: ${hint}`;
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

/** The command whose code is kept; its help runs other code, and would leave too little for the command itself. */
function commandWord() {
  const words = process.argv.slice(2);
  const end = words.indexOf('--');
  const flags = end === -1 ? words : words.slice(0, end);
  if (flags.includes('--help') || flags.includes('-h')) return 'help';
  // As the command itself finds it (src/cli/command-table.ts).
  let at = 0;
  while (at < words.length && words[at].startsWith('-')) {
    if (words[at] === '--help' || words[at] === '-h') return 'help';
    at += valued.includes(words[at]) ? 2 : 1;
  }
  return /^[a-z_-]{1,32}$/.test(words[at] ?? '') ? words[at] : 'help';
}

/**
 * Where V8's code for one command is kept: in the user's cache folder, or undefined where there is none. V8 knows the source by
 * its length only, so the name carries the hash that the build put at the start of the bundle.
 */
function codeCacheFile(source) {
  const { XDG_CACHE_HOME: caches, HOME: home, NODE_DISABLE_COMPILE_CACHE: disabled } = process.env;
  if (disabled) return undefined;
  try {
    const base = isAbsolute(caches ?? '') ? caches : join(home || require('node:os').homedir(), '.cache');
    const bundleHash = /^\/\*([0-9a-f]+)\*\//.exec(source)?.[1];
    if (bundleHash === undefined) return undefined;
    return join(base, 'mlreg', `${process.version}-${process.arch}-${bundleHash}-${commandWord()}.v8`);
  } catch {
    return undefined;
  }
}

/** What others could have written would be anybody's code. */
function isOwn({ uid, mode }) {
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
}

/**
 * The code that an earlier run left, or undefined. It stands in the file twice: damaged code would take the whole process
 * down, and comparing two halves is cheaper than any checksum that Node has to load a module for.
 */
function readCode(fs, file) {
  try {
    if (file === undefined || !isOwn(fs.statSync(dirname(file)))) return undefined;
    const descriptor = fs.openSync(file, 'r');
    try {
      if (!isOwn(fs.fstatSync(descriptor))) return undefined;
      const bytes = fs.readFileSync(descriptor);
      const half = bytes.length / 2;
      const code = bytes.subarray(0, half);
      return half > 0 && Number.isInteger(half) && code.equals(bytes.subarray(half)) ? code : undefined;
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

const monthMs = 30 * 24 * 3600e3;

/** A file of ours in the cache folder, or its draft. */
const cacheName = /^v\d+\.\d+\.\d+[^/]*-[0-9a-f]+-[a-z_-]{1,32}\.v8(?:\.\d+)?$/;

/** Without a cache a command is slower to start, and nothing else: no failure here may become one of the command. */
function keepCode(fs, file, code) {
  try {
    const folder = dirname(file);
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!isOwn(fs.statSync(folder))) return;
    const draft = `${file}.${process.pid}`;
    fs.writeFileSync(draft, Buffer.concat([code, code]), { mode: 0o600, flush: true });
    fs.renameSync(draft, file);
    for (const name of fs.readdirSync(folder)) {
      if (!cacheName.test(name)) continue;
      const other = join(folder, name);
      // Of other builds, or in daily use: then the next run makes it anew.
      if (Date.now() - fs.statSync(other).mtimeMs > monthMs) fs.rmSync(other, { force: true });
    }
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
  // All of it is ASCII, which the build sees to: read as such, it takes half the memory and less time.
  const text = fs.readFileSync(bundle, 'latin1');
  const file = codeCacheFile(text);
  const cachedData = readCode(fs, file);
  const source = `(function (exports, require, module, __filename, __dirname) {${text}\n})`;
  const script = new Script(source, { filename: bundle, cachedData });
  const module = { exports: {} };
  script.runInThisContext()(
    module.exports,
    require('node:module').createRequire(bundle),
    module,
    bundle,
    dirname(bundle),
  );
  await module.exports.run(process);
  const stale = cachedData === undefined || script.cachedDataRejected === true;
  if (file !== undefined && stale && process.exitCode === 0) keepCode(fs, file, script.createCachedData());
}

if (!isNewEnough()) {
  if (existsSync(own)) runWithOwnNode();
  else
    fail(
      `mlreg needs Node ${oldest.join('.')} or newer, but this is ${process.versions.node}`,
      'install a current Node, or run: npx -y node@24 "$(which mlreg)"',
      'USAGE',
      2,
    );
} else if (!existsSync(bundle)) {
  fail(`mlreg is not built: ${bundle} is missing`, 'npm run build', 'NOT_FOUND', 3);
} else {
  void run();
}
