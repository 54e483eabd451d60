import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { demote } from '../../src/registry/stages/demote.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { rollback } from '../../src/registry/stages/rollback.ts';
import type { Registry } from '../../src/registry/registry.ts';
import type { RunningServer } from '../../src/serve/running-server.ts';
import type { SlotNews } from '../../src/serve/slots/slot-news.ts';
import { ask, post, registryWith, serving } from '../support/served.ts';
import { add, exact, modelName, stage, type TempRegistry } from '../support/temp-registry.ts';
import { fixture } from '../support/temp-folder.ts';

const production = stage('production');
const body = JSON.stringify({
  inputs: [{ name: 'X', datatype: 'FP32', shape: [1, 64], data: Array.from({ length: 64 }, () => 1) }],
});
const infer = (server: RunningServer, path = 'digits') => post(server, `/v2/models/${path}/infer`, body);
const move = (registry: Registry, ref: string) =>
  promote(registry, { ref: exact(ref), stage: production, require: [] });

/** 1.0.0 is in production, 1.1.0 is not. */
async function two(t: Parameters<typeof registryWith>[0]): Promise<TempRegistry> {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  await add(registry, 'digits', fixture('digits_mlp_v2/model.onnx'), {
    golden: fixture('digits_mlp_v2/golden.json'),
  });
  await move(registry, 'digits@1.0.0');
  return registry;
}

/** What a server reported, and waiting for more. */
function newsroom() {
  const told: SlotNews[] = [];
  let wake = (): void => undefined;
  return {
    news: (found: SlotNews): void => {
      told.push(found);
      wake();
    },
    /** The n-th news, from 1. */
    nth: async (n: number): Promise<SlotNews> => {
      while (told.length < n) await new Promise<void>((resolve) => (wake = resolve));
      return told[n - 1]!;
    },
    told,
  };
}

test('a promotion brings a version on line, and a rollback takes it off', async (t) => {
  const registry = await two(t);
  const { news, nth } = newsroom();
  const server = await serving(t, registry, ['digits@production'], { news });
  assert.equal((await infer(server)).json['model_version'], '1.0.0');
  await move(registry, 'digits@1.1.0');
  const up = await nth(1);
  assert.deepEqual([up.kind, up.from, up.to], ['swapped', '1.0.0', '1.1.0']);
  assert.equal((await infer(server)).json['model_version'], '1.1.0');
  assert.equal((await infer(server, 'digits/versions/production')).json['model_version'], '1.1.0');
  await rollback(registry, { name: modelName('digits'), stage: production, back: { steps: 1 } });
  const back = await nth(2);
  assert.deepEqual([back.kind, back.from, back.to], ['swapped', '1.1.0', '1.0.0']);
  assert.equal((await infer(server)).json['model_version'], '1.0.0');
});

test('no request fails while versions are swapped', async (t) => {
  const registry = await two(t);
  const { news, nth } = newsroom();
  const server = await serving(t, registry, ['digits@production'], { news, keepWarmMs: 0 });
  let going = true;
  const versions = new Set<unknown>();
  const clients = Array.from({ length: 4 }, async () => {
    while (going) {
      const { status, json } = await infer(server);
      assert.equal(status, 200, json.error);
      versions.add(json['model_version']);
    }
  });
  for (let swap = 1; swap <= 6; swap++) {
    await move(registry, swap % 2 === 1 ? 'digits@1.1.0' : 'digits@1.0.0');
    await nth(swap);
  }
  going = false;
  await Promise.all(clients);
  assert.deepEqual(versions, new Set(['1.0.0', '1.1.0']));
});

test('a version that fails its golden set gets no request, and its history says so', async (t) => {
  const registry = await two(t);
  const { version } = await add(registry, 'digits', fixture('digits_mlp_bad/model.onnx'), {
    golden: fixture('digits_mlp/golden.json'),
  });
  const { news, nth } = newsroom();
  const server = await serving(t, registry, ['digits@production'], { news });
  await move(registry, `digits@${version}`);
  const bad = await nth(1);
  assert.equal(bad.kind, 'rejected');
  assert.deepEqual([bad.from, bad.to, bad.kind === 'rejected' && bad.again], ['1.0.0', version, false]);
  assert.match(bad.kind === 'rejected' ? bad.message : '', /^digits@[\d.]+ cannot be served: .*golden/);
  assert.equal((await infer(server)).json['model_version'], '1.0.0');
  const recorded = async () => (await registry.metadata.events({ limit: 1 }))[0];
  for (let tries = 0; tries < 500 && (await recorded())?.action !== 'serve'; tries++) await sleep(10);
  const event = await recorded();
  assert.deepEqual(
    [event?.action, event?.version, event?.stage, event?.details['serving']],
    ['serve', version, 'production', '1.0.0'],
  );
  // The next promotion is followed as if nothing had been.
  await move(registry, 'digits@1.1.0');
  assert.deepEqual([(await nth(2)).kind, (await nth(2)).to], ['swapped', '1.1.0']);
});

test('an empty stage answers 503, until it has a version again', async (t) => {
  const registry = await two(t);
  const { news, nth } = newsroom();
  const server = await serving(t, registry, ['digits@production'], { news });
  await demote(registry, { name: modelName('digits'), stage: production });
  assert.equal((await nth(1)).kind, 'emptied');
  const empty = await infer(server);
  assert.deepEqual([empty.status, empty.headers.get('retry-after')], [503, '1']);
  assert.match(empty.json.error ?? '', /its stage is empty, or loading/);
  assert.equal((await ask(server, '/v2/models/digits/ready')).status, 503);
  await move(registry, 'digits@1.1.0');
  await nth(2);
  assert.equal((await infer(server)).json['model_version'], '1.1.0');
});

test('a version that is served under two names is loaded once, and stays for the other', async (t) => {
  const registry = await two(t);
  const { news, nth } = newsroom();
  const server = await serving(t, registry, ['digits@production', 'digits@1.0.0'], { news, keepWarmMs: 0 });
  await move(registry, 'digits@1.1.0');
  await nth(1);
  assert.equal((await infer(server)).json['model_version'], '1.1.0');
  assert.equal((await infer(server, 'digits/versions/1.0.0')).json['model_version'], '1.0.0');
});

test('--stage also serves a model that gets its first version there later', async (t) => {
  const registry = await two(t);
  const { news, nth } = newsroom();
  const server = await serving(t, registry, [], { stage: production, news });
  await add(registry, 'team/iris', fixture('iris_zipmap/model.onnx'));
  assert.equal((await ask(server, '/v2/models/team/iris')).status, 404);
  await move(registry, 'team/iris@1.0.0');
  const first = await nth(1);
  assert.deepEqual([first.name, first.from, first.to], ['team/iris', null, '1.0.0']);
  assert.equal((await ask(server, '/v2/models/team/iris/ready')).status, 200);
});

test('--pin, an exact version and a range stay', async (t) => {
  const registry = await two(t);
  const pinned = newsroom();
  const server = await serving(t, registry, ['digits@production'], { news: pinned.news, pin: true });
  const following = newsroom();
  const others = ['digits@1.0.0', 'digits@production', 'digits@~1.0'];
  const ranges = await serving(t, registry, others, { news: following.news });
  await move(registry, 'digits@1.1.0');
  await following.nth(1);
  await sleep(60);
  assert.deepEqual(pinned.told, []);
  assert.equal((await infer(server)).json['model_version'], '1.0.0');
  assert.equal((await infer(ranges)).json['model_version'], '1.0.0');
  assert.deepEqual(
    following.told.map(({ to }) => to),
    ['1.1.0'],
  );
});

test('a registry that is gone for a while does not stop the answers, and is followed again', async (t) => {
  const registry = await two(t);
  const { news, nth } = newsroom();
  const said: string[] = [];
  const warn = (warning: string): void => void said.push(warning);
  const server = await serving(t, registry, ['digits@production'], { news, warn });
  renameSync(registry.home, `${registry.home}-away`);
  for (let tries = 0; tries < 500 && said.length === 0; tries++) await sleep(10);
  assert.equal((await infer(server)).status, 200);
  renameSync(`${registry.home}-away`, registry.home);
  await move(registry, 'digits@1.1.0');
  assert.equal((await nth(1)).to, '1.1.0');
  assert.match(said.at(-1) ?? '', /readable again/);
});
