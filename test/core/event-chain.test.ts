import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstPrevHash, hashedText, type RegistryEvent } from '../../src/core/event.ts';
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

test('time never runs backwards', () => {
  const first = chainEvent(undefined, { ...body, at: 5000 });
  assert.equal(chainEvent(first, { ...body, at: 10 }).at, 5000);
  assert.equal(chainEvent(first, { ...body, at: 5001 }).at, 5001);
});

const changes: Partial<Record<keyof RegistryEvent, unknown>> = {
  id: 'x',
  at: 1001,
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
  assert.match(brokenLink(first, third) ?? '', /event 3 follows event 1: some are missing/);
  assert.notEqual(brokenLink(undefined, second), undefined);
  assert.notEqual(brokenLink(second, second), undefined);
  assert.notEqual(brokenLink(third, second), undefined);
});
