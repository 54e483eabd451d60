import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gitSource } from '../../src/registry/register/git-source.ts';
import { show } from '../../src/registry/inspect/show.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, ref, tempRegistry } from '../support/temp-registry.ts';

const skip = spawnSync('git', ['--version']).status === 0 ? false : 'needs git';

/** Nobody's settings: no global one makes a folder safe. */
const env = {
  PATH: process.env['PATH'],
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CEILING_DIRECTORIES: '/',
};

interface Clone {
  folder: string;
  commit: string;
  /** The file of the branch. */
  branch: string;
}

function clone(context: Cleanup): Clone {
  const folder = join(tempFolder(context), 'clone');
  mkdirSync(folder);
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'commit.gpgsign=false'];
  const git = (...args: string[]): string =>
    execFileSync('git', [...identity, ...args], { cwd: folder, env, encoding: 'utf8' }).trim();
  git('init', '-q');
  writeFileSync(join(folder, 'train.py'), 'pass');
  git('add', '.');
  git('commit', '-q', '-m', 'first');
  const branch = join(folder, '.git', git('symbolic-ref', 'HEAD'));
  return { folder, commit: git('rev-parse', 'HEAD'), branch };
}

test('commit and state of a work tree, and nothing where there is none', { skip }, async (context) => {
  const { folder, commit } = clone(context);
  assert.deepEqual(await gitSource(folder, { env }), { source: { commit, dirty: false }, warnings: [] });
  writeFileSync(join(folder, 'train.py'), 'other');
  assert.deepEqual((await gitSource(folder, { env })).source, { commit, dirty: true });
  const nothing = { source: null, warnings: [] };
  const empty = tempFolder(context);
  assert.deepEqual(await gitSource(empty, { env }), nothing);
  execFileSync('git', ['init', '-q'], { cwd: empty, env });
  assert.deepEqual(await gitSource(empty, { env }), nothing, 'no commit yet');
});

test('what git refuses is a warning with its reason', { skip }, async (context) => {
  const refusals: [what: string, damage: (clone: Clone) => void, why: RegExp, env?: object][] = [
    [
      'another owner',
      () => undefined,
      /^the git commit is not recorded: detected dubious ownership in repository at [^ ]+; .* git config --global --add safe\.directory/,
      { GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' },
    ],
    ['a damaged branch', ({ branch }) => writeFileSync(branch, 'garbage'), /not recorded: .*(?:ref|HEAD)/],
    ['an empty branch', ({ branch }) => writeFileSync(branch, ''), /not recorded: .*(?:ref|HEAD)/],
    [
      'a damaged HEAD',
      ({ folder }) => writeFileSync(join(folder, '.git', 'HEAD'), 'xx'),
      /not recorded: not a git repository/,
    ],
    [
      'damaged settings',
      ({ folder }) => writeFileSync(join(folder, '.git', 'config'), '[xx'),
      /not recorded: bad config/,
    ],
    ['no git', () => undefined, /not recorded: git is not installed/, { PATH: '/nowhere' }],
  ];
  for (const [what, damage, why, more] of refusals) {
    const made = clone(context);
    damage(made);
    const { source, warnings } = await gitSource(made.folder, { env: { ...env, ...more } });
    assert.equal(source, null, what);
    assert.equal(warnings.length, 1, what);
    assert.match(warnings[0] ?? '', why, what);
  }
});

test('the commit is kept where only the state cannot be told', { skip }, async (context) => {
  const damaged = clone(context);
  rmSync(join(damaged.folder, '.git', 'index'));
  writeFileSync(join(damaged.folder, '.git', 'index'), 'xx');
  const found = await gitSource(damaged.folder, { env });
  assert.deepEqual(found.source, { commit: damaged.commit, dirty: null });
  assert.match(found.warnings.join(), /^git status could not tell .*: .*index/);

  const slow = clone(context);
  const bin = join(tempFolder(context), 'bin');
  mkdirSync(bin);
  // The child of the script holds its output open, as a hook or a file system monitor may.
  const script = `#!/bin/sh\ncase "$*" in *status*) sleep 5;; *) echo ${slow.commit};; esac\n`;
  writeFileSync(join(bin, 'git'), script);
  chmodSync(join(bin, 'git'), 0o755);
  const late = await gitSource(slow.folder, {
    env: { ...env, PATH: `${bin}:${env.PATH}` },
    limits: { commit: 60_000, status: 1 },
  });
  assert.deepEqual(late.source, { commit: slow.commit, dirty: null });
  assert.match(late.warnings.join(), /: it took longer than 0\.001 s$/);
});

test('the CI run goes into source, and makes no other version', { skip }, async (context) => {
  const registry = await tempRegistry(context);
  const path = join(tempFolder(context), 'model.bin');
  writeFileSync(path, 'weights');
  const { folder, commit } = clone(context);
  const ciRun = { system: 'github', url: 'https://github.com/acme/models/actions/runs/1', pullRequest: '7' };
  const metadata = { source: { team: 'vision' } };
  const first = await add(registry, 'digits', path, { metadata, gitFolder: folder, ciRun });
  assert.deepEqual(first.source, { commit, dirty: false, ci: ciRun, team: 'vision' });
  const retried = { ...ciRun, url: 'https://github.com/acme/models/actions/runs/2' };
  const again = await add(registry, 'digits', path, { metadata, ciRun: retried });
  assert.deepEqual([again.changed, again.version, again.source], [false, '1.0.0', first.source]);
  const { record } = await show(registry, ref('digits'));
  assert.deepEqual([record.source, record.metadata], [first.source, metadata]);
});

test('a refusal of git is told of a version that is new', { skip }, async (context) => {
  const registry = await tempRegistry(context);
  const path = join(tempFolder(context), 'model.bin');
  writeFileSync(path, 'weights');
  const { folder } = clone(context);
  writeFileSync(join(folder, '.git', 'config'), '[xx');
  const first = await add(registry, 'digits', path, { gitFolder: folder });
  assert.match(first.warnings.join(), /the git commit is not recorded: bad config/);
  assert.deepEqual((await add(registry, 'digits', path, { gitFolder: folder })).warnings, []);
});
