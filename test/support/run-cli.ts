import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, realpathSync } from 'node:fs';
import { after } from 'node:test';
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { canShare, runShared, type Ended } from './shared-process.ts';
import { assertDocumented, assertDocumentedText } from './documented-json.ts';
import { fixture, tempFolder, type Cleanup } from './temp-folder.ts';

/** The launcher, as it is installed. */
export const bin = fileURLToPath(new URL('../../bin/mlreg.js', import.meta.url));

/** The error object of --json. */
export interface ErrorFacts {
  code: string;
  message: string;
  hint: string | null;
  exitCode: number;
  details?: Record<string, unknown>;
}

interface Value {
  name: string;
  dtype: string;
  shape: (string | number)[];
}

/** An event in JSON. */
export interface EventFacts {
  seq: number;
  at: string;
  actor: string;
  action: string;
  model: string | null;
  version: string | null;
  stage: string | null;
  from: string | null;
  to: string | null;
  message: string | null;
  details: Record<string, unknown>;
  hash: string;
  prevHash: string;
}

/** The fields that results have in JSON: each command gives some of them. */
export interface Result {
  schemaVersion: number;
  command: string;
  changed: boolean;
  warnings: string[];
  registry: string;
  id: string;
  ref: string;
  name: string;
  version: string;
  digest: string;
  size: number;
  format: string;
  files: { path: string; digest: string; size: number; location: string }[];
  bump: string;
  bumpReason: string;
  previous: string | null;
  signature: { inputs: Value[]; outputs: Value[] } | null;
  golden: { digest: string; files: number } | null;
  promotion?: { stage: string; from: string | null; to: string | null; event: EventFacts | null };
  data: { name: string; hash: string; size: number; uri?: string }[];
  source: Record<string, unknown> | null;
  parents: string[];
  children: string[];
  metadata: {
    metrics?: Record<string, number>;
    params?: Record<string, unknown>;
    tags?: Record<string, string>;
    description?: string;
    data?: { name: string; hash?: string; size?: number; uri?: string }[];
  };
  tags: Record<string, string>;
  actor: string;
  createdAt: string;
  stages: string[];
  yanked: boolean | string | { reason: string; actor: string };
  stage: string;
  from: string | null;
  to: string | null;
  generation: number;
  gates: unknown[];
  event: EventFacts | null;
  dryRun: boolean;
  events: EventFacts[];
  at: string;
  holders: { name: string; stage: string; version: string | null; since: string }[];
  models: { name: string; versions: number; latest: string | null; stages: Record<string, string> }[];
  versions: { version: string; digest: string; stages: string[]; yanked: boolean; createdAt: string }[];
  nextPage: string | null;
  directory: string;
  ok: boolean;
  checked: { events: number; blobs: number; bytes: number };
  problems: { subject: string; problem: string }[];
}

export interface Run {
  /** Null where a signal ended it, which `signal` then names. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** stdout as JSON. Throws if it is not one object, and that of a command. */
  readonly json: Result;
  /** The `error` of the JSON on stderr. */
  readonly error: ErrorFacts;
}

export interface RunOptions {
  cwd: string;
  /** Added to the clean environment. */
  env?: Record<string, string>;
  /** What is started: the launcher under this test's own Node, unless told otherwise. */
  command?: [string, ...string[]];
}

/**
 * An environment in which nothing says who or where we are: no CI, no mlreg variables, no colours.
 */
export function cleanEnv(extra: Record<string, string> = {}): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'SystemRoot'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  // Coverage is of the sources: what it would record of the bundle is of no use, and slow.
  return { ...Object.fromEntries(kept), NODE_V8_COVERAGE: '', ...extra };
}

/** Starts the built command as a child. Its stdin is empty. */
export function startCli(args: readonly string[], { cwd, env, command }: RunOptions): ChildProcess {
  const [file, ...before] = command ?? ownProcess;
  return spawn(file, [...before, ...args], { cwd, env: cleanEnv(env), stdio: ['ignore', 'pipe', 'pipe'] });
}

/**
 * Waits until the child is gone and collects what it said. What it printed in JSON must be what its
 * schema says.
 */
export async function finished(child: ChildProcess): Promise<Run> {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => void (said[name] += text));
  }
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return checked({ code, signal, ...said });
}

function checked(ended: Ended): Run {
  assertDocumentedText(ended.stdout);
  assertDocumentedText(ended.stderr);
  return {
    ...ended,
    get json() {
      return documented(ended.stdout) as Result;
    },
    get error() {
      return (documented(ended.stderr) as { error: ErrorFacts }).error;
    },
  };
}

function documented(text: string): unknown {
  const value: unknown = JSON.parse(text);
  assertDocumented(value);
  return value;
}

/**
 * Runs the built command to its end: in a process that others share, unless `command` says how to
 * start one.
 */
export async function runCli(args: readonly string[], options: RunOptions): Promise<Run> {
  const { cwd, env, command } = options;
  if (command !== undefined || !canShare(env)) return finished(startCli(args, options));
  return checked(await runShared({ args, cwd, env: cleanEnv(env) }, cleanEnv()));
}

/** The launcher, started as itself, for `command`. */
export const ownProcess: [string, ...string[]] = [process.execPath, bin];

/** A temporary folder in which commands run, with helpers that state what a command must do. */
export interface Shell {
  cwd: string;
  run(...args: string[]): Promise<Run>;
  /** As `run`, with --json; it must succeed and say nothing on stderr. */
  json(...args: string[]): Promise<Result>;
  /** As `run`, with --json; it must exit with this code, and its error is returned. */
  fails(exitCode: number, ...args: string[]): Promise<ErrorFacts>;
}

/** A shell in an empty folder, gone after the test. */
export function openShell(test: Cleanup, env: Record<string, string> = {}): Shell {
  // As the command will see it: the temporary folder may be a link.
  const cwd = realpathSync(tempFolder(test));
  const run = (...args: string[]): Promise<Run> => runCli(args, { cwd, env });
  return {
    cwd,
    run,
    async json(...args) {
      const result = await run(...args, '--json');
      assert.equal(result.code, 0, result.stderr);
      assert.equal(result.stderr, '');
      assert.equal(result.json.schemaVersion, 1);
      return result.json;
    },
    async fails(exitCode, ...args) {
      const result = await run(...args, '--json');
      assert.equal(result.code, exitCode, `${result.stdout}${result.stderr}`);
      const { error } = result;
      assert.equal(error.exitCode, exitCode);
      assert.ok(error.message !== '' && error.hint !== null && error.hint !== '', JSON.stringify(error));
      return error;
    },
  };
}

/** A shell in a folder with a registry. */
export async function openRegistryShell(test: Cleanup, env: Record<string, string> = {}): Promise<Shell> {
  const shell = openShell(test, env);
  assert.equal((await shell.run('init')).code, 0);
  return shell;
}

/**
 * Shells in a folder with a registry, to which `prepare` brings what all tests of the file start
 * from: this is done once, for the first of them, and each gets a copy.
 */
export function preparedShell(prepare: (shell: Shell) => Promise<void>): (test: Cleanup) => Promise<Shell> {
  const pending: (() => void | Promise<void>)[] = [];
  after(async () => {
    for (const action of pending.toReversed()) await action();
  });
  let origin: Promise<Shell> | undefined;
  const makeOrigin = async (): Promise<Shell> => {
    const shell = await openRegistryShell({ after: (action) => void pending.push(action) });
    await prepare(shell);
    return shell;
  };
  return async (test) => {
    origin ??= makeOrigin();
    const { cwd } = await origin;
    const shell = openShell(test);
    cpSync(cwd, shell.cwd, { recursive: true });
    return shell;
  };
}

/** The ONNX file of a fixture. */
export function model(name: string): string {
  return fixture(`${name}/model.onnx`);
}

/**
 * What runs a command as this user, with this group and no other; `asStranger.skip` says where it
 * cannot be done.
 */
export function asUser(uid: number, gid: number): [string, ...string[]] {
  return ['setpriv', '--reuid', String(uid), '--regid', String(gid), '--clear-groups', process.execPath, bin];
}

let strangerSkip: string | false | undefined;

/**
 * What runs a command as another user, one without a name or a home; `skip` says why it cannot be
 * done here.
 */
export const asStranger: { command: [string, ...string[]]; readonly skip: string | false } = {
  command: ['setpriv', '--reuid', '54321', '--clear-groups', process.execPath],
  get skip() {
    const [file, ...args] = this.command;
    strangerSkip ??=
      spawnSync(file, [...args, '--check', bin]).status === 0
        ? false
        : 'needs setpriv, root, and a checkout that others can read';
    return strangerSkip;
  },
};
