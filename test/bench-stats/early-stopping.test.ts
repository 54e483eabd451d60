import assert from 'node:assert/strict';
import { test } from 'node:test';
import { projectedRuns, requiredRuns, showsAtMost, showsMore } from '../../src/bench/stats/early-stopping.ts';
import { quantileRanks, shareAbove } from '../../src/stats/quantiles.ts';

const five = { share: 0.05, alpha: 0.05 };

test("the runs needed are those of MLPerf LoadGen's own test, at confidence 0.99", () => {
  assert.equal(requiredRuns(1, { share: shareAbove(0.9), alpha: 0.01 }), 64);
  assert.equal(requiredRuns(0, { share: shareAbove(0.99), alpha: 0.01 }), 459);
  assert.equal(requiredRuns(1, { share: shareAbove(0.99), alpha: 0.01 }), 662);
});

test('at confidence 0.95', () => {
  assert.equal(requiredRuns(0, five), 59);
  assert.equal(requiredRuns(1, five), 93);
  assert.equal(requiredRuns(0, { share: shareAbove(0.5), alpha: 0.05 }), 5);
  assert.equal(requiredRuns(0, { share: shareAbove(0.9), alpha: 0.05 }), 29);
  assert.equal(requiredRuns(0, { share: shareAbove(0.99), alpha: 0.05 }), 299);
});

test('runs that are worth less take as many times more', () => {
  const worth = (runs: number, over: number) => ({ runs, over, runsPerIndependent: 3 });
  assert.equal(showsAtMost(worth(59 * 3, 0), five), true);
  assert.equal(showsAtMost(worth(59 * 3 - 1, 0), five), false);
  assert.equal(showsAtMost(worth(93 * 3, 3), five), true);
  // A third of a run over the limit is one.
  assert.equal(showsAtMost(worth(92 * 3, 1), five), false);
  assert.equal(showsAtMost(worth(2, 0), five), false);
});

test('it shows more exactly when the order-statistic interval lies over the limit', () => {
  for (const p of [0.5, 0.9, 0.95, 0.99]) {
    for (const runs of [1, 5, 30, 100, 400]) {
      const { low } = quantileRanks(runs, p, 0.05);
      for (let over = 0; over <= runs; over++) {
        // Ascending, the runs within the limit come first: the lower bound is beyond them if its
        // rank is.
        const beyond = low !== null && low > runs - over;
        const test = { share: shareAbove(p), alpha: 0.05 };
        assert.equal(
          showsMore({ runs, over, runsPerIndependent: 1 }, test),
          beyond,
          `${p}: ${over} of ${runs}`,
        );
      }
    }
  }
});

test('the projection passes the test when it is carried out', () => {
  for (const runsPerIndependent of [1, 2.5]) {
    for (const [runs, over] of [
      [100, 3],
      [1000, 40],
      [59, 1],
      [200, 8],
      [10, 0],
    ] as const) {
      const needed = projectedRuns({ runs, over, runsPerIndependent }, five) ?? 0;
      assert.ok(needed > runs);
      const reached = { runs: needed, over: Math.ceil((over / runs) * needed), runsPerIndependent };
      assert.ok(showsAtMost(reached, five), `${over} of ${runs}: ${needed}`);
    }
  }
  assert.equal(projectedRuns({ runs: 100, over: 5, runsPerIndependent: 1 }, five), null);
  assert.equal(projectedRuns({ runs: 0, over: 0, runsPerIndependent: 1 }, five), 59);
});
