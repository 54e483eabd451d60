import assert from 'node:assert/strict';
import { test } from 'node:test';
import { model, openRegistryShell, openShell, type Run, type Shell } from '../support/run-cli.ts';

const many = (count: number, start: (index: number) => Promise<Run>): Promise<Run[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => start(index)));

function allSucceeded(runs: Run[]): void {
  for (const { code, stderr } of runs) assert.deepEqual([code, stderr], [0, '']);
}

async function versionsOf(shell: Shell, name: string): Promise<string[]> {
  return (await shell.json('list', name, '--all')).versions.map(({ version }) => version).toReversed();
}

const dense = (count: number): string[] => Array.from({ length: count }, (_, index) => `1.0.${index}`);

test('32 registrations at once: none fails, the numbers are distinct and dense', async (t) => {
  const shell = await openRegistryShell(t);
  const runs = await many(32, (index) =>
    shell.run('register', 'digits', model('digits_mlp'), '--tag', `n=${index}`, '--json', '--wait', '2m'),
  );
  allSucceeded(runs);
  const given = runs.map(({ json }) => json.version);
  assert.equal(new Set(given).size, 32);
  assert.deepEqual(await versionsOf(shell, 'digits'), dense(32));
  const verified = await shell.json('verify');
  assert.deepEqual([verified.ok, verified.checked.events], [true, 33]);
});

test('8 times the same at once is one version, that one of them created', async (t) => {
  const shell = await openRegistryShell(t);
  const runs = await many(8, () =>
    shell.run('register', 'digits', model('digits_mlp'), '--json', '--wait', '2m'),
  );
  allSucceeded(runs);
  assert.deepEqual(new Set(runs.map(({ json }) => json.ref)), new Set(['digits@1.0.0']));
  assert.equal(runs.filter(({ json }) => json.changed).length, 1);
});

test('8 first runs at once on a folder without a registry make one registry', async (t) => {
  const shell = openShell(t);
  const runs = await many(8, async (index) => {
    const init = await shell.run('init', '--json', '--wait', '2m');
    allSucceeded([init]);
    const register = ['register', 'digits', model('digits_mlp'), '--tag', `n=${index}`];
    return shell.run(...register, '--json', '--wait', '2m');
  });
  allSucceeded(runs);
  assert.deepEqual(await versionsOf(shell, 'digits'), dense(8));
  const { events, id } = { ...(await shell.json('history')), id: (await shell.json('init')).id };
  assert.equal(events.filter(({ action }) => action === 'init').length, 1);
  assert.match(id, /^[0-9a-f-]{36}$/);
  assert.equal((await shell.json('verify')).ok, true);
});

test('of many promotions with one --expect, one wins and the others exit 4', async (t) => {
  const shell = await openRegistryShell(t);
  for (let index = 0; index < 6; index += 1)
    await shell.json('register', 'digits', model('digits_mlp'), '--tag', `n=${index}`);
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  const runs = await many(5, (index) =>
    shell.run('promote', `digits@1.0.${index + 1}`, '--to', 'production', '--expect', '1.0.0', '--json'),
  );
  assert.equal(runs.filter(({ code }) => code === 0).length, 1);
  assert.equal(runs.filter(({ code }) => code === 4).length, 4);
  const winner = runs.find(({ code }) => code === 0);
  assert.equal((await shell.json('show', 'digits@production')).version, winner?.json.to);
  assert.equal((await shell.json('history', '--stage', 'production')).events.length, 2);
});
