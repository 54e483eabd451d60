import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { parse } from 'yaml';
import { topics } from '../../src/cli/help/topics.ts';
import { codeBlocks, guide, guideNames } from '../support/guides.ts';
import { briefly, runByShell, withMlreg, type Place } from '../support/documented-commands.ts';
import { bin, finished } from '../support/run-cli.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { noTerminal, startOnTerminal } from '../support/terminal.ts';

const root = join(dirname(bin), '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** A folder like a clone, with `mlreg` and `npx mlreg` on the path. */
function cloneLike(t: Cleanup): Place {
  const cwd = tempFolder(t);
  symlinkSync(join(root, 'test'), join(cwd, 'test'));
  return { cwd, env: withMlreg(cwd, { TMPDIR: cwd }) };
}

/** What a training script would leave. */
function copyFixtures(cwd: string): void {
  for (const file of ['model.onnx', 'metadata.json', 'train.csv', 'golden.json'])
    cpSync(join(root, 'test', 'fixtures', 'digits_mlp', file), join(cwd, file));
}

const noPython = spawnSync('python3', ['--version']).status === 0 ? false : 'python3 is not installed';

function shell(script: string, place: Place): string {
  return runByShell(inPlace(script, place), place);
}

function inPlace(script: string, { cwd }: Place): string {
  return briefly(script).replaceAll('/tmp/', `${cwd}/`);
}

/** Shell blocks, each with the output that is shown right after it, if any. */
function scripts(): { script: string; shown: string | undefined }[] {
  return [...readme.matchAll(/^```sh\n(.*?)^```$(?:\s*^```\n(.*?)^```$)?/gms)].map(
    ([, script = '', shown]) => ({
      script,
      shown,
    }),
  );
}

test('the README is short', () => {
  assert.ok(readme.split('\n').length < 350);
});

test('every shell command of the README runs as written, in order, and prints what is shown; then those of the guides', async (t) => {
  const place = cloneLike(t);
  // What git keeps in the folder of the registry.
  mkdirSync(join(place.cwd, 'registry'));
  for (const file of ['README.md', 'FORMAT.md', '.gitignore'])
    cpSync(join(root, 'registry', file), join(place.cwd, 'registry', file));
  spawnSync('git', ['init', '-q'], place);
  spawnSync('git', ['add', 'registry'], place);
  const author = ['-c', 'user.name=ada', '-c', 'user.email=ada@laptop'];
  spawnSync('git', [...author, 'commit', '-q', '-m', 'a clone'], place);
  const all = scripts();
  assert.ok(all.length >= 10, 'the README has its commands');
  assert.ok(all.filter(({ shown }) => shown !== undefined).length >= 8, 'and what they print');
  for (const { script, shown } of all) {
    if (shown === undefined || noTerminal !== false) shell(script, place);
    else showsWhatComes(shown, await onTerminal(script, place), place.cwd);
  }
  const { stdout } = spawnSync('git', ['status', '--porcelain', '--', 'registry'], place);
  assert.equal(String(stdout), '', 'the clone stays clean: versions are of its commit as it is');
  assert.match(readFileSync(join(place.cwd, 'production.json'), 'utf8'), /"command":"show"/);
  assert.match(readFileSync(join(place.cwd, 'digits.intoto.jsonl'), 'utf8'), /"_type"[^]*accuracy>=0\.97/);
  // Those of the policies have a test of their own. Measurements are last but one: --max-p95 20ms
  // is met or not by the machine.
  for (const topic of ['batch-inference', 'ci', 'metadata', 'tasks', 'benchmarks', 'backups']) {
    const commands = codeBlocks(guide(topic), 'sh').join('').trimEnd().split('\n');
    assert.ok(commands.length >= 3, topic);
    const lines = topic === 'benchmarks' ? commands.map((line) => `${line} || [ $? = 5 ]`) : commands;
    shell(lines.join('\n'), place);
  }
  const { stdout: changed } = spawnSync('git', ['status', '--porcelain', 'registry'], place);
  assert.equal(String(changed), '', 'what git keeps beside a restored registry is there again');
});

async function onTerminal(script: string, place: Place): Promise<string> {
  const { cwd, env } = place;
  writeFileSync(join(cwd, 'script.sh'), inPlace(script, place));
  const child = startOnTerminal('stty cols 100; exec bash -euo pipefail script.sh', {
    cwd,
    env: { ...env, NO_COLOR: '1', MLREG_ACTOR: 'ada@laptop' },
  });
  child.stdin?.end();
  const { code, stdout } = await finished(child);
  assert.equal(code, 0, `${script}\n${stdout}`);
  // Progress goes back to the first column, or clears the line.
  const lines = stdout.replaceAll('\r\n', '\n').replaceAll(/\u001B\[\d?[GK]/g, '\r');
  return stripVTControlCharacters(lines);
}

/**
 * The end of what came must be what is shown; `…` stands for any lines, and what is measured may
 * differ.
 */
function showsWhatComes(shown: string, came: string, cwd: string): void {
  const wanted = comparable(shown, '/home/you/mlreg');
  const got = comparable(came, cwd);
  let at = got.lastIndexOf(wanted[0] ?? '');
  assert.notEqual(at, -1, `${wanted[0]}\n is not in\n${got.join('\n')}`);
  let anyBefore = false;
  for (const line of wanted) {
    if (line.trim() === '…') {
      anyBefore = true;
      continue;
    }
    if (anyBefore) at = got.indexOf(line, at);
    assert.equal(got[at], line, `README shows another line than came:\n${got.join('\n')}`);
    anyBefore = false;
    at += 1;
  }
  if (!anyBefore) assert.deepEqual(got.slice(at), [], 'lines came that are not shown');
}

/**
 * Lines without what differs from run to run: measured numbers, ids, the bars of a histogram and
 * notes on the machine.
 */
function comparable(text: string, folder: string): string[] {
  const measured = /µs|ms\b|runs|per second|warm up|fingerprint|^ *stored|^ *memory|^ *machine/;
  return text
    .replaceAll(folder, 'HERE')
    .split('\n')
    .map((line) => line.slice(line.lastIndexOf('\r') + 1).trimEnd())
    .filter((line) => line !== '' && !/[█▏▎▍▌▋▊▉]|^ +note /.test(line))
    .map((line) => {
      const steady = line
        .replace(/commit=[0-9a-f]{40}/, 'commit=C')
        .replace(/\b(?:just now|\d+ s ago)\b/g, 'just now');
      return measured.test(steady)
        ? steady
            .replace(/[0-9a-f]{8}-[0-9a-f-]{27}|(?<=fingerprint +)\S+/, 'ID')
            .replace(/(?<=machine +).*/, 'M')
            .replace(/(?<![@.\w])\d[\d,.]*( (?:ns|µs|ms|s|[kMG]?B)\b)?/g, 'N')
            .replace(/ +/g, ' ')
        : steady.replace(/ +/g, ' ');
    });
}

test('the Python of the README registers a model', { skip: noPython }, (t) => {
  const place = cloneLike(t);
  const script = codeBlocks(guide('library'), 'python').join('');
  copyFixtures(place.cwd);
  shell('mlreg init', place);
  writeFileSync(join(place.cwd, 'register.py'), script);
  assert.equal(shell('python3 register.py', place), 'digits@1.0.0 is new\n');
  assert.equal(shell('python3 register.py', place), 'digits@1.0.0 was already registered\n');
});

test('the GitLab recipe of the README runs as written', (t) => {
  const place = cloneLike(t);
  const gitlab = codeBlocks(readme, 'yaml').find((text) => text.includes('script:')) ?? '';
  const { release } = parse(gitlab) as { release: { script: string[] } };
  copyFixtures(place.cwd);
  const env = {
    ...place.env,
    MLREG_REGISTRY: join(place.cwd, 'srv'),
    CI_COMMIT_SHA: 'c0ffee',
  };
  shell('mlreg init', { ...place, env });
  const lines = release.script.join('\n');
  assert.match(lines, /mlreg register/);
  shell(lines, { ...place, env });
  assert.match(shell('mlreg show digits@production --quiet', { ...place, env }), /^digits@1\.0\.0\n$/);
});

test('every topic has a guide that fits a terminal of 100 columns, and the README names it', () => {
  assert.deepEqual(guideNames.toSorted(), Object.keys(topics).toSorted());
  for (const topic of guideNames) {
    for (const line of guide(topic).replaceAll('`', '').split('\n'))
      assert.ok(line.length <= 100, `${topic}: ${line}`);
    assert.ok(readme.includes(`\`${topic}\``), topic);
  }
});

test('the README names every command', async () => {
  const { commandTable } = await import('../../src/cli/command-table.ts');
  for (const { names } of commandTable)
    assert.ok(new RegExp(`\`mlreg ${names[0]}\\b`).test(readme), names[0]);
});
