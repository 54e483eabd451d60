import { addNumber, type DistinctSketch, emptySketch } from './distinct-sketch.ts';
import { mergeMoments, type Moments, momentsOf, noMoments } from './moments.ts';
import { mergeOrder, noOrder, type OrderStatistics, orderOf, profileSteps } from './order-statistics.ts';

/** While rows are read, parts are known four times as exactly as the profile. */
const partSteps = 4 * profileSteps;
/** Parts of one size are merged when there are so many of them. */
const partsTogether = 16;

export interface CollectedNumbers {
  moments: Moments;
  order: OrderStatistics;
  integer: boolean;
  distinct: { count: number; isExact: boolean } | null;
  sketch: DistinctSketch;
}

/**
 * Collects finite numbers in bounded memory: up to `capacity` of them exactly; of more, order
 * statistics of parts, which are merged.
 */
export function collectNumbers(capacity: number) {
  let buffer = new Float64Array(Math.min(capacity, 1024));
  let held = 0;
  let integer = true;
  let moments = noMoments;
  let flushed = 0;
  let distinct = 0;
  const sketch = emptySketch();
  /** `parts[i]` are merged of `partsTogether ** i` full buffers each. */
  const parts: OrderStatistics[][] = [];

  function flush(steps: number): void {
    const values = buffer.subarray(0, held).sort();
    held = 0;
    moments = mergeMoments(moments, momentsOf(values));
    const { order, distinct: own } = orderOf(values, steps);
    distinct = own;
    flushed++;
    for (let at = 0; at < values.length; at++)
      if (at === 0 || values[at] !== values[at - 1]) addNumber(sketch, values[at] as number);
    keep(order, 0);
  }

  function keep(order: OrderStatistics, level: number): void {
    const own = (parts[level] ??= []);
    own.push(order);
    if (own.length < partsTogether) return;
    keep(mergeOrder(own.splice(0), partSteps), level + 1);
  }

  return {
    add(value: number): void {
      if (held === capacity) flush(partSteps);
      if (held === buffer.length) {
        const larger = new Float64Array(Math.min(capacity, 2 * held));
        larger.set(buffer);
        buffer = larger;
      }
      if (integer && !Number.isInteger(value)) integer = false;
      // So that -0 is sorted and counted as 0.
      buffer[held++] = value + 0;
    },
    isEmpty: () => held === 0 && flushed === 0,
    finish(): CollectedNumbers {
      if (held > 0) flush(flushed === 0 ? profileSteps : partSteps);
      buffer = new Float64Array(0);
      const known = parts.flat();
      return {
        moments,
        order: known.length === 0 ? noOrder : mergeOrder(known, profileSteps),
        integer,
        distinct: flushed > 1 ? null : { count: flushed === 0 ? 0 : distinct, isExact: true },
        sketch,
      };
    },
  };
}
