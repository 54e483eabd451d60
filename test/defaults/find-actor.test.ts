import assert from 'node:assert/strict';
import { hostname, userInfo } from 'node:os';
import { test } from 'node:test';
import { findActor } from '../../src/defaults/home-and-actor.ts';
import { failsWith } from '../support/temp-folder.ts';

test('the actor is the flag, else MLREG_ACTOR, else who CI names, else user@host', () => {
  const env = { MLREG_ACTOR: 'release-bot', GITHUB_ACTOR: 'ada' };
  assert.equal(findActor('grace', env), 'grace');
  assert.equal(findActor(undefined, env), 'release-bot');
  assert.equal(findActor(undefined, { ...env, MLREG_ACTOR: '' }), 'ada');
  assert.equal(findActor(undefined, { GITLAB_USER_LOGIN: 'lin' }), 'lin');
  assert.equal(findActor(undefined, {}), `${userInfo().username}@${hostname()}`);
});

test('an actor that could not be stored is refused', () => {
  for (const actor of ['', 'x'.repeat(257), 'half \ud83d', 'nul \0'])
    assert.throws(() => findActor(actor, {}), failsWith('INVALID_INPUT'));
});
