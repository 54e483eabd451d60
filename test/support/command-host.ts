/**
 * A process that runs one command after another, for support/shared-process.ts: each as the
 * launcher runs it, from argv on, with an environment and a working folder of its own, and with
 * none of the modules of the one before. A command has ended when nothing is left to do, which is
 * when its own process would end.
 */
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Request } from './shared-process.ts';

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'bin', 'mlreg.js');
const ofTheCommand = [join(root, 'bin', '/'), join(root, 'dist', '/')];

let request: Request | undefined;

process.on('message', (message) => {
  request = message as Request;
  process.chdir(request.cwd);
  for (const name of Object.keys(process.env)) if (!(name in request.env)) delete process.env[name];
  Object.assign(process.env, request.env);
  process.argv = [process.execPath, bin, ...request.args];
  process.exitCode = undefined;
  for (const file of Object.keys(require.cache))
    if (ofTheCommand.some((folder) => file.startsWith(folder))) delete require.cache[file];
  // Only what the command does keeps the process waiting.
  process.channel?.unref();
  require(bin);
});

// The launcher ends its process when all is written. Here the next command comes.
process.exit = (() => undefined) as unknown as typeof process.exit;

process.on('beforeExit', () => {
  if (request === undefined || !process.connected) return;
  const { mark } = request;
  request = undefined;
  process.channel?.ref();
  process.chdir(root);
  // Past the stream, which would make the pipe another one for the commands to come.
  writeSync(1, mark);
  process.stderr.write(mark);
  process.send?.(process.exitCode ?? 0);
});
