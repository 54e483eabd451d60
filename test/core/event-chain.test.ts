import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstPrevHash, hashedText, type RegistryEvent } from '../../src/core/events/event.ts';
import { brokenLink, chainEvent, sha256Hex } from '../../src/storage/hash-chain.ts';

const body = {
  at: 1000,
  actor: 'ada',
  action: 'register' as const,
  model: 'digits',
  version: '1.0.0',
  stage: null,
  from: null,
  to: null,
  message: null,
  details: { b: 1, a: 'é' },
};

test('the first event follows 64 zeros, every other the hash of the one before', () => {
  const first = chainEvent(undefined, body);
  const second = chainEvent(first, body);
  assert.equal(first.seq, 1);
  assert.equal(first.prevHash, firstPrevHash);
  assert.equal(second.seq, 2);
  assert.equal(second.prevHash, first.hash);
  assert.notEqual(second.id, first.id);
  assert.equal(brokenLink(undefined, first), undefined);
  assert.equal(brokenLink(first, second), undefined);
});

test('what is hashed is one text, on every machine', () => {
  const event = { ...body, id: 'i', seq: 1, prevHash: firstPrevHash };
  assert.equal(
    hashedText(event),
    '{"action":"register","actor":"ada","at":1000,"details":{"a":"é","b":1},"from":null,"id":"i","message":null,' +
      `"model":"digits","prevHash":"${firstPrevHash}","seq":1,"stage":null,"to":null,"version":"1.0.0"}`,
  );
  assert.equal(
    sha256Hex(hashedText(event)),
    'cd8246467a9a5de176bc911ab53a5ee4d827e61b57aa6ea3252f36675fc68060',
  );
});

test('time never runs backwards, unless the clock was corrected; what the clock said stays', () => {
  const first = chainEvent(undefined, { ...body, at: 5000 });
  const times = (at: number, action: RegistryEvent['action'] = 'register') => {
    const next = chainEvent(first, { ...body, action, at });
    assert.equal(brokenLink(first, next), undefined);
    return [next.at, next.clock];
  };
  assert.deepEqual(times(10), [5000, 10]);
  assert.deepEqual(times(5001), [5001, 5001]);
  assert.deepEqual(times(10, 'fix-clock'), [10, 10]);
});

test('a time that does not follow from the clock and the event before does not fit', () => {
  const first = chainEvent(undefined, { ...body, at: 5000 });
  const rewritten = (change: object) => {
    const { hash: _old, ...event } = { ...chainEvent(first, body), ...change };
    return { ...event, hash: sha256Hex(hashedText(event)) };
  };
  for (const change of [{ at: 4999 }, { at: 5001 }, { clock: 6000 }, { at: 1000, clock: undefined }])
    assert.match(brokenLink(first, rewritten(change)) ?? '', /the time of event 2 does not follow/);
  assert.equal(brokenLink(first, rewritten({ clock: undefined })), undefined, 'of an early format');
});

const changes: Partial<Record<keyof RegistryEvent, unknown>> = {
  id: 'x',
  at: 1001,
  clock: 1001,
  actor: 'eve',
  action: 'yank',
  model: null,
  version: '1.0.1',
  stage: 'production',
  from: '1.0.0',
  to: '1.0.0',
  message: '',
  details: { b: 1 },
  seq: 7,
  prevHash: 'f'.repeat(64),
  hash: 'f'.repeat(64),
};

for (const [key, value] of Object.entries(changes)) {
  test(`an event with another ${key} does not fit`, () => {
    const first = chainEvent(undefined, body);
    const second = chainEvent(first, body);
    assert.notEqual(brokenLink(first, { ...second, [key]: value }), undefined);
  });
}

test('a missing, repeated or swapped event does not fit', () => {
  const first = chainEvent(undefined, body);
  const second = chainEvent(first, body);
  const third = chainEvent(second, body);
  assert.match(brokenLink(first, third) ?? '', /events are missing between event 1 and event 3/);
  assert.notEqual(brokenLink(undefined, second), undefined);
  assert.notEqual(brokenLink(second, second), undefined);
  assert.notEqual(brokenLink(third, second), undefined);
});
