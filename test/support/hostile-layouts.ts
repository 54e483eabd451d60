import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MlregError } from '../../src/core/errors.ts';
import { exportVersions } from '../../src/registry/exchange/export.ts';
import { importVersions } from '../../src/registry/exchange/import.ts';
import { tag } from '../../src/registry/versions/tag.ts';
import { readLayout, writeLayout, type Layout } from './layouts.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from './temp-folder.ts';
import { add, exact, ref, tempRegistry } from './temp-registry.ts';

/** An export of one version, and a registry for which changed ones are refused. */
export interface HostileLayouts {
  /** One version with a golden set and a tag that was set later. */
  whole: Layout;
  /** Refused with exit code 2 or 6, nothing imported, nothing left. */
  assertRefused: (path: string, code?: 'INVALID_INPUT' | 'INTEGRITY', message?: RegExp) => Promise<void>;
}

export async function openHostileLayouts(cleanup: Cleanup): Promise<HostileLayouts> {
  const registry = await tempRegistry(cleanup);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'), {
    metadata: { metrics: { auc: 0.9 }, tags: { team: 'vision' } },
    golden: fixture('digits_mlp/golden.json'),
  });
  await tag(registry, { ref: exact('digits@1.0.0'), set: { owner: 'ada' }, remove: [] });
  const output = join(tempFolder(cleanup), 'layout');
  await exportVersions(registry, { refs: [ref('digits')], output });
  const target = await tempRegistry(cleanup);
  return {
    whole: readLayout(output),
    async assertRefused(path, code, message) {
      await assert.rejects(importVersions(target, { path }), (error) => {
        const found = error instanceof MlregError ? error.code : String((error as Error).stack);
        assert.ok(found === 'INVALID_INPUT' || found === 'INTEGRITY', found);
        return failsWith(code ?? found, message)(error);
      });
      assert.equal((await target.metadata.events({ limit: 9 })).length, 1);
      assert.deepEqual(readdirSync(join(target.home, 'tmp')), []);
      assert.deepEqual(readdirSync(join(target.home, 'blobs/sha256')), []);
    },
  };
}

export function tarFile(context: Cleanup, bytes: Uint8Array): string {
  const path = join(tempFolder(context), 'a.tar');
  writeFileSync(path, bytes);
  return path;
}

export function folderOf(context: Cleanup, layout: Layout): string {
  return writeLayout(layout, join(tempFolder(context), 'layout'));
}

/** The path of one of the blobs. */
export function anyBlob(layout: Layout): string {
  return [...layout.keys()].find((path) => path.startsWith('blobs/')) ?? '';
}
