import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRegistry } from '../../src/open-registry.ts';
import { history } from '../../src/registry/inspect/history.ts';
import { failsWith, fixture } from '../support/temp-folder.ts';
import { add, tempRegistry } from '../support/temp-registry.ts';

test('a write lock that is held too long is BUSY, nothing is changed, and reads go on', async (context) => {
  const registry = await tempRegistry(context, { waitMs: 1 });
  const other = new Database(join(registry.home, 'mlreg.db'));
  other.exec('begin immediate');
  try {
    const attempt = add(registry, 'digits', fixture('digits_mlp/model.onnx'));
    await assert.rejects(attempt, failsWith('BUSY', /write lock for longer than 1ms/));
    assert.equal((await history(registry, { limit: 10 })).events.length, 1);
  } finally {
    other.exec('rollback');
    other.close();
  }
  assert.equal((await add(registry, 'digits', fixture('digits_mlp/model.onnx'))).version, '1.0.0');
});

test('waiting for the lock ends when the process is asked to stop', async (context) => {
  const registry = await tempRegistry(context);
  const stop = new AbortController();
  const reason = new Error('asked to stop');
  const { registry: patient } = await createRegistry(registry.home, {
    actor: 'x',
    waitMs: 600_000,
    now: Date.now,
    signal: stop.signal,
  });
  const other = new Database(join(registry.home, 'mlreg.db'));
  other.exec('begin immediate');
  try {
    const attempt = patient.metadata.yank({
      name: 'x' as never,
      version: '1.0.0' as never,
      reason: null,
      actor: 'x',
      at: 0,
    });
    stop.abort(reason);
    await assert.rejects(attempt, reason);
  } finally {
    other.exec('rollback');
    other.close();
    await patient.close();
  }
});
