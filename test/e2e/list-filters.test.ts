import assert from 'node:assert/strict';
import { test } from 'node:test';
import { model, preparedShell } from '../support/run-cli.ts';

/** digits 1.0.0 … 1.0.3 with auc 0.90 … 0.93, cars 1.0.0; production of digits at 1.0.1. */
const filled = preparedShell(async (shell) => {
  for (const [index, solver] of ['adam', 'sgd', 'adam', 'sgd'].entries()) {
    const facts = ['--metric', `auc=0.9${index}`, '--param', `solver=${solver}`, '--tag', `n=${index % 2}`];
    await shell.json('register', 'digits', model('digits_mlp'), ...facts);
  }
  await shell.json('register', 'cars', model('cars_mixed_inputs'), '--metric', 'rmse=4.3');
  await shell.json('promote', 'digits@1.0.1', '--to', 'production');
});

const versionsOf = ({ versions }: { versions: { version: string }[] }): string[] =>
  versions.map(({ version }) => version);

test('versions are filtered by stage, tag and condition, and by all of them', async (t) => {
  const shell = await filled(t);
  const list = async (...args: string[]): Promise<string[]> =>
    versionsOf(await shell.json('list', 'digits', ...args));
  assert.deepEqual(await list('--where', 'auc>=0.92'), ['1.0.3', '1.0.2']);
  assert.deepEqual(await list('--where', 'params.solver=sgd', '--tag', 'n=1'), ['1.0.3', '1.0.1']);
  assert.deepEqual(await list('--where', 'params.solver=sgd and auc<0.92'), ['1.0.1']);
  assert.deepEqual(await list('--where', 'params.solver=sgd', '--where', 'auc<0.92'), ['1.0.1']);
  assert.deepEqual(await list('--stage', 'production'), ['1.0.1']);
  assert.deepEqual(await list('--stage', 'production', '--where', 'auc>0.92'), []);
  assert.deepEqual(await list('--stage', 'staging'), []);
  await shell.fails(3, 'list', 'digits', '--stage', 'qa');
  assert.match((await shell.fails(2, 'list', 'digits', '--where', 'auc>=')).message, /a value/);
  await shell.fails(2, 'list', 'digits', '--tag', 'novalue');
});

test('filtered lists come in pages, each as long as it was asked for', async (t) => {
  const shell = await filled(t);
  const filter = ['list', 'digits', '--where', 'params.solver=adam'];
  const args = [...filter, '--limit', '1'];
  const first = await shell.json(...args);
  assert.deepEqual(versionsOf(first), ['1.0.2']);
  const second = await shell.json(...args, '--page', first.nextPage ?? '');
  assert.deepEqual([versionsOf(second), second.nextPage], [['1.0.0'], null]);
  assert.deepEqual(versionsOf(await shell.json(...filter, '--all')), ['1.0.2', '1.0.0']);
  const other = await shell.fails(2, 'list', 'cars', '--page', first.nextPage ?? '');
  assert.match(other.message, /invalid page token/);
});

test('models are filtered by their latest version, or by the holder of the stage', async (t) => {
  const shell = await filled(t);
  const list = async (...args: string[]): Promise<string[]> =>
    (await shell.json('list', ...args)).models.map(({ name }) => name);
  assert.deepEqual(await list(), ['cars', 'digits']);
  assert.deepEqual(await list('--stage', 'production'), ['digits']);
  assert.deepEqual(await list('--where', 'rmse<5'), ['cars']);
  assert.deepEqual(await list('--where', 'auc>=0.93'), ['digits'], 'the latest has 0.93');
  assert.deepEqual(await list('--stage', 'production', '--where', 'auc>=0.93'), [], 'the holder has 0.91');
  assert.deepEqual(await list('--tag', 'n=1'), ['digits']);
  const page = await shell.json('list', '--limit', '1', '--where', 'auc>0 and auc<1');
  assert.deepEqual([page.models.map(({ name }) => name), page.nextPage], [['digits'], null]);
});

test('history comes in pages, also of who held what', async (t) => {
  const shell = await filled(t);
  await shell.json('promote', 'cars@1.0.0', '--to', 'production');
  await shell.json('promote', 'digits@1.0.0', '--to', 'staging');
  const pagesOf = async (...args: string[]): Promise<{ seqs: number[]; holders: string[] }> => {
    const seqs: number[] = [];
    const holders: string[] = [];
    for (let page: string | null = ''; page !== null;) {
      const result = await shell.json(
        'history',
        ...args,
        '--limit',
        '2',
        ...(page === '' ? [] : ['--page', page]),
      );
      seqs.push(...result.events.map(({ seq }) => seq));
      holders.push(...(result.holders ?? []).map((holder) => `${holder.name}@${holder.stage}`));
      page = result.nextPage;
    }
    return { seqs, holders };
  };
  assert.deepEqual((await pagesOf()).seqs, [9, 8, 7, 6, 5, 4, 3, 2, 1]);
  assert.deepEqual((await pagesOf('digits', '--stage', 'production')).seqs, [7]);
  assert.deepEqual((await pagesOf('--at', '0s')).holders, [
    'cars@production',
    'digits@staging',
    'digits@production',
  ]);
  const early = await shell.json('history', '--at', '2000-01-01');
  assert.deepEqual([early.holders, early.warnings.length], [[], 1]);
  for (const page of ['x', 'before:x', 'holder:digits@production', 'before:-1'])
    assert.match((await shell.fails(2, 'history', '--page', page)).message, /page/, page);
  await shell.fails(2, 'history', '--at', '1d', '--page', 'before:3');
});

test('references are read as MLflow and GTO spell them', async (t) => {
  const shell = await filled(t);
  for (const ref of [
    'models:/digits@production',
    'models:/digits/1.0.1',
    'digits#production',
    'digits@v1.0.1',
    'digits#v1.0.1',
  ])
    assert.equal((await shell.run('show', ref, '-q')).stdout, 'digits@1.0.1\n', ref);
  assert.equal((await shell.json('promote', 'models:/digits/1.0.3', '--to', 'staging')).to, '1.0.3');
  assert.equal((await shell.json('tag', 'digits#production', 'seen=yes')).ref, 'digits@1.0.1');
});
