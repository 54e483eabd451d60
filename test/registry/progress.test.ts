import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { backup } from '../../src/registry/maintain/backup.ts';
import { collectGarbage } from '../../src/registry/maintain/collect-garbage.ts';
import { deleteVersion } from '../../src/registry/versions/delete-version.ts';
import { exportVersions } from '../../src/registry/exchange/export.ts';
import { importVersions } from '../../src/registry/exchange/import.ts';
import { pull } from '../../src/registry/exchange/pull.ts';
import type { OnProgress } from '../../src/registry/registry.ts';
import { testVersion } from '../../src/registry/inspect/test-version.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { assertOnce } from '../support/progress.ts';
import { fixture, tempFolder } from '../support/temp-folder.ts';
import { add, exact, ref, tempRegistry } from '../support/temp-registry.ts';

type Told = (onProgress: OnProgress) => Promise<unknown>;

async function follow(what: string, work: Told): Promise<void> {
  const shares: number[] = [];
  const totals = new Set<number>();
  await work(({ done, total }) => {
    shares.push(done / total);
    totals.add(total);
  });
  assertOnce(shares, what);
  assert.equal(totals.size, 1, `${what} knows from the beginning how much there is`);
}

test('progress goes from 0 to 1 once, whatever is done', async (context) => {
  const registry = await tempRegistry(context);
  const folder = tempFolder(context);
  const golden = fixture('digits_mlp/golden.json');
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'), { golden });
  await add(registry, 'digits', fixture('digits_mlp_v2/model.onnx'));
  const archive = join(folder, 'digits.tar');
  await follow('register', (onProgress) =>
    add(registry, 'conv', fixture('digits_conv_external'), { onProgress }),
  );
  await follow('pull', (onProgress) =>
    pull(registry, { ref: ref('conv'), directory: join(folder, 'conv'), onProgress }),
  );
  await follow('verify', (onProgress) => verify(registry, { onProgress }));
  await follow('verify REF', (onProgress) => verify(registry, { ref: ref('conv'), onProgress }));
  await follow('backup', (onProgress) =>
    backup(registry, {
      directory: join(folder, 'copy'),
      onProgress,
    }),
  );
  await follow('test', (onProgress) =>
    testVersion(registry, {
      ref: exact('digits@1.0.0'),
      onProgress: ({ done, total }) => onProgress({ done, total, what: 'testing' }),
    }),
  );
  await follow('export', (onProgress) =>
    exportVersions(registry, { refs: [ref('digits')], all: true, output: archive, onProgress }),
  );
  const other = await tempRegistry(context);
  await follow('import', (onProgress) => importVersions(other, { path: archive, onProgress }));
  await deleteVersion(registry, { ref: exact('digits@1.1.0') });
  registry.clock.at += 1000;
  for (const yes of [false, true])
    await follow('gc', (onProgress) => collectGarbage(registry, { olderThanMs: 0, yes, onProgress }));
});
