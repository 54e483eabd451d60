import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseChain } from '../../src/core/versions/chain.ts';
import { isMlregError } from '../../src/core/errors.ts';

test('a chain has the name of its last model, or its own', () => {
  const refs = [
    { name: 'pre', selector: { kind: 'stage', stage: 'production', back: 0 } },
    { name: 'team/net', selector: { kind: 'version', version: '1.0.0' } },
  ];
  assert.deepEqual(parseChain('pre@production,team/net@1.0.0'), { name: 'team/net', refs });
  assert.deepEqual(parseChain('whole/x=pre@production, team/net@1.0.0'), { name: 'whole/x', refs });
  const [, ranged] = parseChain('a,b@>=1.2.0').refs;
  assert.deepEqual(ranged, { name: 'b', selector: { kind: 'range', range: '>=1.2.0' } });
});

test('what is no chain is refused, and says what one is', () => {
  for (const [text, code] of [
    ['net@production', 'USAGE'],
    ['', 'INVALID_INPUT'],
    ['a,b,', 'INVALID_INPUT'],
    ['a,b,c,d,e,f,g,h,i', 'USAGE'],
    ['=a,b', 'INVALID_INPUT'],
    ['No=a,b', 'INVALID_INPUT'],
  ] as const)
    assert.throws(
      () => parseChain(text),
      (error) => isMlregError(error, code),
      text,
    );
});
