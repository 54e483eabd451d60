import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { cleanEnv } from './run-cli.ts';

interface Step {
  id?: string;
  shell: string;
  run: string;
  env?: Record<string, string>;
  'working-directory'?: string;
}

export interface CompositeAction {
  inputs: Record<string, { description: string; default?: string; required?: boolean }>;
  outputs: Record<string, { description: string; value: string }>;
  runs: { using: string; steps: Step[] };
}

export interface ActionRun {
  /** Of the step that failed, after which no other runs; 0: none did. */
  code: number | null;
  outputs: Record<string, string>;
  summary: string;
  log: string;
}

export function readAction(folder: string): CompositeAction {
  return parse(readFileSync(join(folder, 'action.yml'), 'utf8')) as CompositeAction;
}

/**
 * Runs a composite action as GitHub's runner does: expressions become text, each step is a script
 * for bash with files for its outputs, its summary and its additions to the PATH. Everything is
 * within `workspace`, where the steps run.
 */
export async function runAction(
  folder: string,
  given: Record<string, string>,
  { workspace, env }: { workspace: string; env: Record<string, string> },
): Promise<ActionRun> {
  const action = readAction(folder);
  const known = new Set(Object.keys(action.inputs));
  for (const name of Object.keys(given)) assert.ok(known.has(name), `the action has no input ${name}`);
  const values = new Map([['github.action_path', folder]]);
  for (const [name, { default: otherwise, required }] of Object.entries(action.inputs)) {
    assert.ok(required !== true || given[name] !== undefined, `the input ${name} is required`);
    values.set(`inputs.${name}`, given[name] ?? otherwise ?? '');
  }
  const evaluated = (text: string): string => withValues(text, values);
  const temp = join(workspace, '.runner');
  mkdirSync(temp, { recursive: true });
  const file = (name: string): string => join(temp, name);
  let path = env['PATH'] ?? process.env['PATH'] ?? '';
  const run: ActionRun = { code: 0, outputs: {}, summary: '', log: '' };
  for (const step of action.runs.steps) {
    assert.deepEqual([action.runs.using, step.shell], ['composite', 'bash']);
    for (const name of ['output', 'path', 'summary']) writeFileSync(file(name), '');
    writeFileSync(file('step.sh'), evaluated(step.run));
    const child = spawn('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', file('step.sh')], {
      cwd: resolve(workspace, evaluated(step['working-directory'] ?? '.')),
      env: cleanEnv({
        ...env,
        ...Object.fromEntries(Object.entries(step.env ?? {}).map(([name, text]) => [name, evaluated(text)])),
        PATH: path,
        GITHUB_ACTIONS: 'true',
        GITHUB_OUTPUT: file('output'),
        GITHUB_PATH: file('path'),
        GITHUB_STEP_SUMMARY: file('summary'),
        RUNNER_TEMP: temp,
      }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => void (run.log += text));
    [run.code] = (await once(child, 'close')) as [number | null];
    run.summary += readFileSync(file('summary'), 'utf8');
    for (const [name, value] of readOutputs(readFileSync(file('output'), 'utf8')))
      values.set(`steps.${step.id}.outputs.${name}`, value);
    path = [...readFileSync(file('path'), 'utf8').trim().split('\n').toReversed(), path].join(':');
    if (run.code !== 0) break;
  }
  for (const [name, { value }] of Object.entries(action.outputs)) run.outputs[name] = evaluated(value);
  return run;
}

/**
 * Text with its expressions, each the name of one value, replaced. Outputs that no step set are
 * empty.
 */
export function withValues(text: string, values: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\{\{\s*([^}]*?)\s*\}\}/g, (_, name: string) => {
    assert.ok(values.has(name) || /^steps\.[\w-]+\.outputs\.[\w-]+$/.test(name), `no value for ${name}`);
    return values.get(name) ?? '';
  });
}

/**
 * What the runner reads from GITHUB_OUTPUT: lines `name=value`, and `name<<END`, whose value goes
 * on until the line `END`. Throws where the runner would end the job.
 */
export function readOutputs(text: string): Map<string, string> {
  const lines = text.split('\n');
  assert.equal(lines.at(-1), '', 'the last line has an end');
  const outputs = new Map<string, string>();
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (line === '') continue;
    const [, name = '', mark, rest = ''] = /^(.+?)(=|<<)(.*)$/.exec(line) ?? [];
    assert.notEqual(name, '', `the runner does not take the line ${JSON.stringify(line)}`);
    if (mark === '=') {
      outputs.set(name, rest);
      continue;
    }
    const end = lines.indexOf(rest);
    assert.notEqual(end, -1, `no end of ${name}`);
    outputs.set(
      name,
      lines
        .splice(0, end + 1)
        .slice(0, -1)
        .join('\n'),
    );
  }
  return outputs;
}
