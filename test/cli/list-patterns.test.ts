import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promote } from '../../src/registry/stages/promote.ts';
import { yank } from '../../src/registry/versions/yank.ts';
import { openMain } from '../support/run-main.ts';
import { fixture, type Cleanup } from '../support/temp-folder.ts';
import { add, exact, stage, tempRegistry, version } from '../support/temp-registry.ts';

const weights = fixture('digits_mlp/model.onnx');

async function opened(t: Cleanup) {
  const registry = await tempRegistry(t);
  const run = openMain(t);
  const list = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(['list', ...args, '--registry', registry.home]);
    return { code, stdout, stderr };
  };
  const json = async (...args: string[]) => JSON.parse((await list(...args, '--json')).stdout);
  const shown = async (...args: string[]) => {
    const words = ['list', ...args, '--no-color', '--registry', registry.home];
    return (await run(words, ({ stdout }) => Object.assign(stdout, { isTTY: true, columns: 100 }))).stdout;
  };
  return { registry, list, json, shown };
}

test('a pattern lists the models whose names match, with filters and in pages', async (t) => {
  const { registry, list, json, shown } = await opened(t);
  for (const [index, name] of ['digits', 'team/a', 'team/b', 'team/c', 'team/deep/d', 'teams/x'].entries())
    await add(registry, name, weights, { metadata: { metrics: { auc: index / 10 } } });
  await promote(registry, { ref: exact('team/b@1.0.0'), stage: stage('production') });
  const names = async (...args: string[]): Promise<string[]> =>
    (await json(...args)).models.map(({ name }: { name: string }) => name);

  assert.deepEqual(await names('team/*'), ['team/a', 'team/b', 'team/c']);
  assert.deepEqual(await names('team/**'), ['team/a', 'team/b', 'team/c', 'team/deep/d']);
  assert.deepEqual(await names('*'), ['digits']);
  assert.deepEqual(await names('team/*', '--stage', 'production'), ['team/b']);
  assert.deepEqual(await names('team/*', '--where', 'auc>=0.2'), ['team/b', 'team/c']);
  assert.deepEqual(await names('team*/**', '--where', 'auc>=0.2', '--limit', '2'), ['team/b', 'team/c']);
  const { nextPage } = await json('team/**', '--limit', '3');
  assert.deepEqual(await names('team/**', '--limit', '3', '--page', nextPage), ['team/deep/d']);
  assert.deepEqual(await names('team/**', '--all'), ['team/a', 'team/b', 'team/c', 'team/deep/d']);
  assert.equal((await list('team/?', '--quiet')).stdout, 'team/a\nteam/b\nteam/c\n');

  const none = await list('none/*');
  assert.deepEqual(none, { code: 0, stdout: '', stderr: 'note: no model matches "none/*"\n' });
  assert.equal(await shown('none/*'), 'no model matches "none/*"\n');
  assert.deepEqual((await json('none/*')).models, []);
  assert.equal((await list('Team/*')).code, 2);
  assert.equal((await list('team/[ab]*')).code, 2);
  assert.equal((await list('none')).code, 3, 'a name is not a pattern');
});

test('a list that leaves out yanked versions says how many', async (t) => {
  const { registry, list, json, shown } = await opened(t);
  for (const number of ['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0']) {
    const metadata = { metrics: { auc: Number(number.split('.')[1]) / 10 } };
    const exactly = { kind: 'exact', version: version(number) } as const;
    await add(registry, 'digits', weights, { number: exactly, metadata });
  }
  assert.equal((await json('digits')).yankedHidden, 0);
  assert.doesNotMatch(await shown('digits'), /yanked/);
  for (const number of ['1.1.0', '1.3.0'])
    await yank(registry, { ref: exact(`digits@${number}`), reason: 'bad' });

  assert.equal((await json('digits')).yankedHidden, 2);
  assert.match(await shown('digits'), /\n2 yanked versions are not shown: --all\n$/);
  const quiet = await list('digits', '--quiet');
  assert.equal(quiet.stdout, 'digits@1.4.0\ndigits@1.2.0\ndigits@1.0.0\n');
  assert.equal((await list('digits')).stderr, 'note: 2 yanked versions are not shown: --all\n');
  const all = await json('digits', '--all');
  assert.deepEqual([all.yankedHidden, all.versions.length], [0, 5]);

  const first = await json('digits', '--limit', '2');
  assert.deepEqual([first.yankedHidden, first.versions.length], [1, 2]);
  const second = await json('digits', '--limit', '2', '--page', first.nextPage);
  assert.deepEqual([second.yankedHidden, second.versions.length], [1, 1]);

  assert.equal((await json('digits', '--where', 'auc>=0.2')).yankedHidden, 1);
  assert.equal((await json('digits', '--where', 'auc>=0.4')).yankedHidden, 0);
  assert.equal((await json('digits', '--where', 'auc>=0', '--limit', '1')).yankedHidden, 0);
  assert.equal((await json('digits', '--tag', 'no=such')).yankedHidden, 0);
  assert.match(
    await shown('digits', '--where', 'auc=0.3'),
    /^no version of digits matches\n1 yanked version is not shown: --all\n$/,
  );
});
