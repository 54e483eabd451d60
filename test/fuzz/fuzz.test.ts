import assert from 'node:assert/strict';
import test from 'node:test';
import { openCampaign } from './campaign.ts';

/** The cases that `npm run fuzz -- --seed 1` begins with. */
const first = Array.from({ length: 150 }, (_, number) => number);

test('made-up requests are answered, and harm nobody else', async (t) => {
  const campaign = await openCampaign(t, 1);
  for (const kind of ['rest', 'grpc', 'wire'] as const)
    assert.deepEqual(await campaign.send(kind, first), []);
});
