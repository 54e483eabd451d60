import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkpoint } from '../../src/registry/inspect/history.ts';
import { tag } from '../../src/registry/versions/tag.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { fixture } from '../support/temp-folder.ts';
import { add, editRows, exact, tempRegistry } from '../support/temp-registry.ts';

const model = fixture('digits_mlp/model.onnx');

test('a checkpoint holds while the history only grows', async (context) => {
  const registry = await tempRegistry(context);
  const first = await checkpoint(registry);
  await add(registry, 'digits', model);
  const second = await checkpoint(registry);
  assert.deepEqual([first.seq, second.seq], [1, 2]);
  await tag(registry, { ref: exact('digits@1.0.0'), set: { a: 'b' }, remove: [] });
  for (const saved of [first, second]) assert.equal((await verify(registry, { checkpoint: saved })).ok, true);
});

test('an end that was cut off, rows and all, together with head, is found by a checkpoint, and by nothing else', async (context) => {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', model);
  await tag(registry, { ref: exact('digits@1.0.0'), set: { a: 'b' }, remove: [] });
  const saved = await checkpoint(registry);
  editRows(registry.home, 'delete from events where seq = 3');
  editRows(registry.home, 'delete from version_tags');
  assert.equal((await verify(registry, {})).lost, true);
  rmSync(join(registry.home, 'head'));
  assert.equal((await verify(registry, {})).ok, true);
  const cut = await verify(registry, { checkpoint: saved });
  assert.deepEqual(cut.problems, [
    {
      subject: 'event chain',
      problem: 'the history ends at event 2, but the checkpoint has event 3: events were removed',
    },
  ]);
  await tag(registry, { ref: exact('digits@1.0.0'), set: { a: 'c' }, remove: [] });
  const anew = await verify(registry, { checkpoint: saved });
  assert.match(
    anew.problems[0]?.problem ?? '',
    /event 3 does not match the checkpoint: the history was rewritten/,
  );
});

test('the checkpoint of another registry is none of this one', async (context) => {
  const other = await checkpoint(await tempRegistry(context));
  const { ok, problems } = await verify(await tempRegistry(context), { checkpoint: other });
  assert.equal(ok, false);
  assert.match(problems[0]?.problem ?? '', /another registry/);
});
