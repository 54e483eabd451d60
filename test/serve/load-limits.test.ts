import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { parseReference } from '../../src/core/versions/reference.ts';
import { resolve } from '../../src/registry/resolve.ts';
import { loadVersion } from '../../src/serve/slots/load-version.ts';
import { endlessLoop } from '../support/hostile-onnx.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { add, tempRegistry } from '../support/temp-registry.ts';

const limits = {
  isolation: 'child',
  threads: 1,
  maxBatch: 32,
  maxQueue: 256,
  deadlineMs: 10_000,
  loadTimeoutMs: 120_000,
} as const;

test('a model that never ends a run is refused after the time for a run, not for loading', async (t) => {
  const registry = await tempRegistry(t);
  const file = join(tempFolder(t), 'loops.onnx');
  writeFileSync(file, endlessLoop());
  await add(registry, 'loops', file);
  const record = await resolve(registry, parseReference('loops'));
  await assert.rejects(loadVersion(registry, record, { ...limits, runTimeoutMs: 300 }), {
    code: 'GATE_FAILED',
    message: 'loops@1.0.0 cannot be served: the model did not finish a run with made-up inputs within 0.3 s',
  });
});
