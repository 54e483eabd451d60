import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadRuntime } from '../../src/runtime/child/session.ts';
import { rehearse } from '../../src/serve/engine/rehearse.ts';

test('the rehearsal of a spare loads its model and answers a request', async () => {
  const answered = await rehearse(await loadRuntime());

  assert.match(answered, /"outputs":\[\{"name":"y".*"data":\[0,0,0\.5,2\]/);
});
