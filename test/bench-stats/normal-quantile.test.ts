import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalQuantile } from '../../src/stats/distributions.ts';

test('the quantiles are those of the tables', () => {
  for (const [p, z] of [
    [0.5, 0],
    [0.8, 0.8416212335729143],
    [0.9, 1.2815515655446004],
    [0.95, 1.6448536269514722],
    [0.975, 1.959963984540054],
    [0.99, 2.3263478740408408],
    [0.995, 2.5758293035489004],
    [0.9995, 3.2905267314919255],
    // The test values of Wichura's paper, one for each of its three approximations.
    [0.25, -0.6744897501960817],
    [0.001, -3.090232306167814],
    [1e-20, -9.2623400897984],
  ] as const) {
    assert.ok(
      Math.abs(normalQuantile(p) - z) <= 1e-14 * Math.max(1, Math.abs(z)),
      `${p}: ${normalQuantile(p)}`,
    );
  }
});

test('it is the inverse of the integral of the normal density', () => {
  for (let percent = 1; percent < 100; percent += 2) {
    const z = normalQuantile(percent / 100);
    const steps = 2000;
    let sum = 0;
    for (let at = 0; at <= steps; at++) {
      const weight = at === 0 || at === steps ? 1 : at % 2 === 1 ? 4 : 2;
      sum += weight * Math.exp(-0.5 * ((z * at) / steps) ** 2);
    }
    const area = (sum * z) / (3 * steps * Math.sqrt(2 * Math.PI));
    assert.ok(Math.abs(0.5 + area - percent / 100) < 1e-12, `${percent}%`);
  }
});

test('it is odd about one half, grows, and has no end', () => {
  let before = -Infinity;
  for (let p = 1 / 1024; p < 1; p += 1 / 1024) {
    const z = normalQuantile(p);
    assert.ok(z > before);
    assert.ok(Math.abs(z + normalQuantile(1 - p)) < 1e-13);
    before = z;
  }
  assert.deepEqual([normalQuantile(0), normalQuantile(1)], [-Infinity, Infinity]);
});
