#!/usr/bin/env node
// The launcher. It runs on any Node that knows ES modules, so that an old one gets a clear answer: better-sqlite3 would
// crash it. Nothing is imported before the version is known to do.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldest = [22, 18];
const here = fileURLToPath(new URL('.', import.meta.url));
const own = join(
  here,
  '..',
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);
const dist = join(here, '..', 'dist', 'mlreg.js');

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
  const child = spawn(own, process.argv.slice(1), { stdio: 'inherit' });
  const forward = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward);
  child.on('exit', (code, signal) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(name, forward);
    if (signal !== null) process.kill(process.pid, signal);
    else process.exitCode = code ?? 1;
  });
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
} else if (!existsSync(dist)) {
  fail(`mlreg is not built: ${dist} is missing`, 'npm run build', 'NOT_FOUND', 3);
} else {
  // In a folder of the user's own: compiled code from a folder that others can write to could be anybody's.
  module.enableCompileCache?.(
    process.env.NODE_COMPILE_CACHE ??
      join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'mlreg', 'compile-cache'),
  );
  const { main } = await import(new URL('../dist/mlreg.js', import.meta.url).href);
  await main(process.argv.slice(2), process);
}
