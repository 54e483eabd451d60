#!/usr/bin/env node
// The launcher. It runs on any Node, so that an old Node gets a clear message: better-sqlite3 would
// crash it. It loads nothing before it has checked the version. It is CommonJS (see package.json
// beside it), which starts 2 ms sooner: importing node:fs as ESM evaluates every getter of it, and
// with them a dozen modules that are not needed.
'use strict';
const { existsSync, readFileSync } = require('node:fs');
const { dirname, isAbsolute, join } = require('node:path');

const oldest = [22, 18];
const root = join(__dirname, '..');
const own = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
/**
 * Filled in by the build from the table of commands. `readOnly`: the read-only commands with their
 * aliases. They have their own bundle of half the size, because V8 reads a whole bundle at each
 * start. `valued`: the options that take a value; the word after such an option is not the command.
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
  const text = wantsJson()
    ? JSON.stringify({ schemaVersion: 1, error })
    : // One line: a log may show only one.
      `error: ${message}; try: ${hint}`;
  process.stderr.write(`${text}\n`);
  process.exitCode = exitCode;
}

function wantsJson() {
  const words = `${process.argv.join(' ')} `;
  return / --(?:json|format[ =]json) /.test(words) || process.env.MLREG_FORMAT === 'json';
}

/**
 * Runs the Node that the package brings along, with the same arguments, streams, signals and exit
 * code.
 */
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
 * The command whose code is cached. Help is cached as `help`: it runs other code, and would leave
 * too little for the command itself.
 */
function commandWord() {
  const words = process.argv.slice(2);
  const end = words.indexOf('--');
  const flags = end === -1 ? words : words.slice(0, end);
  if (flags.includes('--help') || flags.includes('-h')) return 'help';
  // The same way as the command line itself (src/cli/command-table.ts).
  let at = 0;
  while (at < words.length && words[at].startsWith('-')) {
    if (words[at] === '--help' || words[at] === '-h') return 'help';
    at += valued.includes(words[at]) ? 2 : 1;
  }
  return /^[a-z_-]{1,32}$/.test(words[at] ?? '') ? words[at] : 'help';
}

/**
 * Where V8's code for one command is cached: in the user's cache folder, or undefined if there is
 * none. V8 identifies the source only by its length, so the file name carries the hash that the
 * build put at the start of the bundle.
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

/** A file that others can write could contain anybody's code. */
function isOwn({ uid, mode }) {
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
}

/**
 * The code that an earlier run cached, or undefined. The file holds it twice: damaged code would
 * crash the whole process, and comparing two halves is cheaper than any checksum, for which Node
 * has to load a module.
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

/** Without a cache a command only starts more slowly, so no failure here may fail the command. */
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
      // A file of another build, or one in daily use: if it is removed, the next run makes it
      // again.
      if (Date.now() - fs.statSync(other).mtimeMs > monthMs) fs.rmSync(other, { force: true });
    }
  } catch {
    // A read-only home, a full disk.
  }
}

/**
 * Runs the bundle with the code that an earlier run of this command cached. Taken after a run, it
 * holds every function that the command needs; Node's own compile cache is taken when a file is
 * loaded, and holds almost none.
 */
async function run() {
  const fs = require('node:fs');
  const { Script } = require('node:vm');
  // The build ensures that the bundle is ASCII: read as latin1, it takes half the memory and less
  // time. It is a function already: joining texts would copy it, and the garbage would be collected
  // twice.
  const source = fs.readFileSync(bundle, 'latin1');
  const file = codeCacheFile(source);
  const cachedData = readCode(fs, file);
  const script = new Script(source, { filename: bundle, cachedData });
  const module = { exports: {} };
  script.runInThisContext()(
    module.exports,
    require('node:module').createRequire(bundle),
    module,
    bundle,
    dirname(bundle),
  );
  const isWritten = await module.exports.run(process);
  const stale = cachedData === undefined || script.cachedDataRejected === true;
  if (file !== undefined && stale && process.exitCode === 0) keepCode(fs, file, script.createCachedData());
  // Otherwise Node takes its heap apart first, for 2 to 4 ms.
  if (isWritten) process.exit();
}

/**
 * glibc's malloc, which reads this when a process starts. Node reads each request into a block of 64
 * kB and gives back what is left of it: with an arena for each thread, and limits that grow, the
 * holes took 50 MB after a few seconds of load; so it is 30.
 */
const malloc = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072', MALLOC_MMAP_THRESHOLD_: '131072' };

/**
 * A server runs for weeks, and V8 only takes the size of its young generation from the command line.
 * With V8's default, it grows to twice the memory of what is in use. So the process replaces itself,
 * keeping its id, streams and signals, where Node can do that; elsewhere it takes more memory.
 */
function replaceForServer() {
  const flag = '--max-semi-space-size=4';
  const given = `${process.execArgv.join(' ')} ${process.env.NODE_OPTIONS ?? ''}`;
  const canReplace = typeof process.execve === 'function' && require.main === module;
  if (commandWord() !== 'serve' || !canReplace || given.includes('semi-space-size')) return;
  const argv = [process.execPath, flag, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, argv, { ...malloc, ...process.env });
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
  replaceForServer();
  void run();
}
