import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstPrevHash, type RegistryEvent } from '../../src/core/events/event.ts';
import { describeAmendment, latestOfEach, metricAmendments } from '../../src/core/versions/amendments.ts';

const event = (
  seq: number,
  action: RegistryEvent['action'],
  details: object,
  actor = 'eve',
): RegistryEvent => ({
  seq,
  action,
  details: { ...details },
  actor,
  at: seq * 1000,
  id: `${seq}`,
  model: 'digits',
  version: '1.0.0',
  stage: null,
  from: null,
  to: null,
  message: null,
  hash: '',
  prevHash: firstPrevHash,
});

test('a change says what was registered, what stood there, and who made it in which event', () => {
  const changes = metricAmendments({ acc: 0.5 }, [
    event(3, 'describe', { metrics: { acc: 0.5, live: 1 } }, 'bob'),
    event(4, 'tag', { set: { metrics: 'x' }, remove: [] }),
    event(5, 'describe', { description: 'x' }),
    event(6, 'describe', { metrics: { acc: 0.99, live: 1 } }),
    event(9, 'describe', { metrics: { live: 2 } }),
  ]);
  assert.deepEqual(
    changes.map(({ metric, before, value, registered, event: seq }) => [
      metric,
      before,
      value,
      registered,
      seq,
    ]),
    [
      ['live', null, 1, null, 3],
      ['acc', 0.5, 0.99, 0.5, 6],
      ['live', 1, 2, null, 9],
    ],
    'what was said again is no change',
  );
  assert.deepEqual(changes.map(describeAmendment), [
    'added by bob in event 3',
    'amended by eve in event 6, registered as 0.5',
    'amended by eve in event 9',
  ]);
  assert.deepEqual(
    latestOfEach(changes).map(({ metric, event: seq }) => [metric, seq]),
    [
      ['live', 9],
      ['acc', 6],
    ],
  );
  assert.deepEqual(metricAmendments(undefined, []), []);
});

test('what happened before an import is of the other registry, also where it had been imported there', () => {
  const inner = event(7, 'import', {
    registry: 'a',
    history: [event(2, 'describe', { metrics: { acc: 1 } })],
  });
  const outer = event(3, 'import', {
    registry: 'b',
    history: [inner, event(8, 'describe', { metrics: { acc: 2 } })],
  });
  const changes = metricAmendments({ acc: 0 }, [outer, event(4, 'describe', { metrics: { acc: 3 } })]);
  assert.deepEqual(
    changes.map(({ registry, event: seq, before }) => [registry, seq, before]),
    [
      ['a', 2, 0],
      ['b', 8, 1],
      [null, 4, 2],
    ],
  );
  assert.equal(
    describeAmendment(changes[0] as (typeof changes)[0]),
    'amended by eve in event 2 of registry a, registered as 0',
  );
});
