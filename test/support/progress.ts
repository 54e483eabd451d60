import assert from 'node:assert/strict';

/** From 0 to 1 once: it never goes back, says 1 at the end, and not before. */
export function assertOnce(shares: readonly number[], what: string): void {
  assert.ok(shares.length > 1, `${what} tells how far it is`);
  assert.deepEqual(
    shares,
    shares.toSorted((a, b) => a - b),
    `${what} goes forward`,
  );
  assert.ok((shares[0] ?? 1) < 1, `${what} does not begin at its end: ${shares.join(' ')}`);
  assert.equal(shares.at(-1), 1, `${what} ends at 1`);
}
