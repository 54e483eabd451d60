import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MlregError } from '../../src/core/errors.ts';
import { byteWriter } from '../../src/runtime/session/reply-buffer.ts';
import { parseCacheSetting, shownUrl } from '../../src/serve/cache/cache-setting.ts';
import { isRepeatable } from '../../src/serve/cache/cached-infer.ts';
import { memoryStore } from '../../src/serve/cache/memory-store.ts';
import type { Given } from '../../src/serve/engine/codec.ts';
import { readTensors, writeTensors } from '../../src/serve/engine/tensors-codec.ts';

const bytes = (size: number): Uint8Array => new Uint8Array(size);

test('a store in memory stays within its limit, and gives up what was not asked for longest', () => {
  const store = memoryStore(20_000);
  for (let at = 0; at < 20; at++) store.set(`k${at}`, bytes(700));
  assert.notEqual(store.get('k0'), undefined);
  store.set('k20', bytes(700));
  assert.notEqual(store.get('k0'), undefined, 'it was asked for');
  assert.equal(store.get('k1'), undefined, 'it was not');
  store.set('k20', bytes(100));
  for (let at = 0; at < 1000; at++) store.set(`n${at}`, bytes(at));
  const { bytes: held, entries, evictions } = store.stats();
  assert.ok((held ?? Infinity) <= 20_000 && (entries ?? 0) > 15, `${held} bytes in ${entries}`);
  assert.ok(evictions > 900);
});

test('an entry that would take more than a sixteenth is refused', () => {
  const store = memoryStore(1_000_000);
  store.set('small', bytes(100));
  store.set('large', bytes(63_000));
  assert.equal(store.get('large'), undefined);
  assert.notEqual(store.get('small'), undefined);
});

test('tensors are read as they were written, wherever they begin, and nothing else is', () => {
  const given: Given[] = [
    { type: 'float32', dims: [2, 2], data: Float32Array.of(1, -0, Infinity, 1e-45) },
    { type: 'string', dims: [2], data: ['ä', ''] },
    { type: 'int64', dims: [], data: BigInt64Array.of(-(2n ** 63n)) },
    { type: 'bool', dims: [3], data: Uint8Array.of(0, 1, 1) },
    { type: 'float64', dims: [0, 2 ** 40], data: new Float64Array(0) },
  ];
  const out = byteWriter();
  out.at = 3;
  writeTensors([1, 0, 2], given, out);
  const written = out.bytes.subarray(3, out.at);
  assert.deepEqual(readTensors(written), { wanted: [1, 0, 2], tensors: given });
  for (let length = 0; length < written.length; length++)
    assert.throws(() => readTensors(written.subarray(0, length)), `cut to ${length}`);
  for (let at = 0; at < written.length; at++) {
    const changed = Buffer.from(written);
    changed[at] = 0xff;
    // Other values at most: no tensor with more or fewer of them than its sizes say.
    try {
      for (const { dims, data } of readTensors(changed).tensors)
        assert.equal(
          data.length,
          dims.reduce((product, size) => product * size, 1),
        );
    } catch (error) {
      assert.match((error as Error).constructor.name, /^(Refusal|RangeError)$/, (error as Error).stack);
    }
  }
});

test('models that draw random numbers are known by their operators', () => {
  assert.equal(isRepeatable({ MatMul: 2, Softmax: 1 }), true);
  assert.equal(isRepeatable({ MatMul: 2, RandomNormalLike: 1 }), false);
});

test('where answers are kept is read, or refused with what can be said', () => {
  assert.deepEqual(parseCacheSetting('memory:64MB'), { kind: 'memory', limitBytes: 64e6 });
  assert.deepEqual(parseCacheSetting('memory'), { kind: 'memory', limitBytes: 64e6 });
  assert.deepEqual(parseCacheSetting('off'), { kind: 'off' });
  assert.deepEqual(parseCacheSetting('redis://:pa%20ss@host:6380/2?ttl=5m'), {
    kind: 'redis',
    url: 'redis://:pa%20ss@host:6380/2',
    ttlMs: 300_000,
  });
  assert.equal(shownUrl('rediss://me:secret@host:6380/2'), 'rediss://host:6380/2');
  for (const [text, message] of [
    ['', /cache cannot be ""/],
    ['disk', /cache cannot be "disk"/],
    ['memory:', /invalid size ""/],
    ['memory:10kB', /must have at least 1MB/],
    ['redis://', /^cache cannot be "redis:\/\/"/],
    ['redis://host/x', /expected redis:/],
    ['redis://host?ttl=0ms', /ttl of at least 1ms/],
    ['redis://host?password=secret', /unknown parameter "password"; there is ttl/],
  ] as const)
    assert.throws(() => parseCacheSetting(text), { message });
});

test('no message about a wrong address has its password', () => {
  for (const text of [
    'redis://me:secret@host:port',
    'redis://me:secret@',
    'redis:me:secret@host/x',
    'redis://:sec/ret@secret@host/x',
    'postgres://me:secret@host',
    'me:secret@host',
    'redis://me:secret@host?x=secret',
  ])
    assert.throws(
      () => parseCacheSetting(text, '--cache'),
      (error: MlregError) => {
        assert.doesNotMatch(`${error.message} ${error.hint} ${JSON.stringify(error.details)}`, /secret|ret@/);
        return error.code === 'USAGE';
      },
      text,
    );
  assert.throws(() => parseCacheSetting('redis://me:secret@host', '--cache'), {
    code: 'USAGE',
    message: '--cache must not hold a password: other users of this machine can read arguments',
  });
});
