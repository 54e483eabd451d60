import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holds, shifted, valueOf, type Shift } from '../../src/gates/bound.ts';
import { today } from '../../src/gates/gate-kinds.ts';
import { allowedIncrease, latency } from '../../src/gates/kinds/latency.ts';
import { parseGates } from '../../src/gates/requirement.ts';
import { stage } from '../support/temp-registry.ts';

const by = (operator: Shift['operator'], value: number, unit: Shift['amount']['unit'] = null): Shift => ({
  operator,
  amount: { value, unit },
});

test('amounts in their units', () => {
  assert.equal(valueOf({ value: 90, unit: '%' }), 0.9);
  assert.equal(valueOf({ value: 7, unit: 'us' }), 0.007);
  assert.equal(valueOf({ value: 1.5, unit: 's' }), 1500);
  assert.equal(valueOf({ value: 2, unit: 'GiB' }), 2 ** 31);
  assert.equal(valueOf({ value: 1.1, unit: 'm' }), 66_000);
});

test('what a holder has, shifted', () => {
  assert.equal(shifted(0.9, null), 0.9);
  assert.equal(shifted(0.905, by('-', 0.005)), 0.9);
  assert.equal(shifted(0.1, by('+', 0.2)), 0.3);
  assert.equal(shifted(100, by('*', 105, '%')), 105);
  assert.equal(shifted(200, by('-', 1, '%')), 198);
  // A share of its size: a loss of -2 may fall by 0.2.
  assert.equal(shifted(-2, by('-', 10, '%')), -2.2);
  assert.equal(shifted(1000, by('+', 1, 'kB')), 2000);
});

test('what binary arithmetic adds decides nothing, and nothing else is rounded', () => {
  const holder = 0.1 + 0.1 / 3;
  assert.ok(holds(holder, '>=', shifted(holder, by('*', 1)), true));
  assert.ok(holds(0.1 + 0.2, '>=', shifted(0.3, by('+', 0)), true));
  assert.ok(!holds(0.3, '>=', 0.1 + 0.2, false));
  assert.ok(holds(holder, '=', holder, false));
});

test('the increase that a latency gate allows', () => {
  const allowed = (text: string): number | undefined => {
    const [gate] = parseGates(text, { what: 'it', declared: [stage('production')], grammar: today });
    const terms = gate && latency.of(gate);
    return terms && allowedIncrease(terms);
  };
  assert.equal(allowed('p95<=production*1.05'), 0.05);
  assert.equal(allowed('p95<=production+5%'), 0.05);
  assert.equal(allowed('p95<=production*105%'), 0.05);
  assert.equal(allowed('p95<=production'), 0);
  assert.equal(allowed('p95<=production*2'), 1);
});
