import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { keepLooking } from '../../src/monitor/keep-looking.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { day, quiet, saveDays } from '../support/saved-evaluations.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { add, exact, modelName, stage, tempRegistry } from '../support/temp-registry.ts';

test('it looks again when there is a new evaluation, rolls back once, and goes on', async (t) => {
  const registry = await tempRegistry(t);
  for (const text of ['a', 'b']) {
    const file = join(tempFolder(t), 'model.bin');
    writeFileSync(file, text);
    const { version } = await add(registry, 'digits', file);
    await promote(registry, { ref: exact(`digits@${version}`), stage: stage('production') });
  }
  registry.clock.at = day(40);
  await saveDays(registry, 'digits@1.1.0', {}, quiet(20));
  const stop = new AbortController();
  const watched = { ...registry, signal: stop.signal };
  const input = { name: modelName('digits'), stage: stage('production'), last: 60, autoRollback: true };
  const seen: string[] = [];
  try {
    for await (const polled of keepLooking(watched, input, { intervalMs: 5 })) {
      if (!('found' in polled)) continue;
      const { verdict, windows, rollback } = polled.found;
      seen.push(`${verdict} ${windows.length} ${rollback?.to ?? ''}`.trim());
      if (seen.length === 1) await saveDays(registry, 'digits@1.1.0', { from: 20 }, [0.5]);
      if (seen.length === 2) await saveDays(registry, 'digits@1.1.0', { from: 21 }, [0.5]);
      if (verdict === 'alarm') await saveDays(registry, 'digits@1.0.0', { from: 30 }, [0.9]);
      if (windows.length > 30) stop.abort(new Error('enough'));
    }
  } catch (error) {
    assert.equal((error as Error).message, 'enough');
  }
  assert.equal(seen[0], 'quiet 20');
  assert.equal(seen.filter((line) => line.endsWith('1.0.0')).length, 1);
  assert.match(seen.at(-1) ?? '', /^quiet 31/);
});
