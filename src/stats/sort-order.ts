/** Below this, the tables of a radix sort cost more than comparing. */
const fewValues = 4096;
const digitBits = 16;
const digits = 4;

/**
 * Positions of the values in ascending order; equal ones keep their order. No NaN; −0 and 0 must
 * have been made the same. A radix sort of the 64 bits, 16 at a time from the lowest, which skips
 * the digits that all values share. Source: D. E. Knuth, "The Art of Computer Programming", vol. 3,
 * 5.2.5, algorithm R.
 */
export function sortOrder(values: Float64Array): Uint32Array {
  const count = values.length;
  let order = Uint32Array.from({ length: count }, (_, at) => at);
  if (count < fewValues) return order.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const keys = sortableKeys(values);
  let sorted = new Uint32Array(count);
  const starts = new Uint32Array(2 ** digitBits);
  for (let digit = 0; digit < digits; digit++) {
    starts.fill(0);
    for (let cell = digit; cell < keys.length; cell += digits) {
      const key = keys[cell] ?? 0;
      starts[key] = (starts[key] ?? 0) + 1;
    }
    if (starts[keys[digit] ?? 0] === count) continue;
    let start = 0;
    for (let key = 0; key < starts.length; key++) {
      const size = starts[key] ?? 0;
      starts[key] = start;
      start += size;
    }
    for (const position of order) {
      const key = keys[position * digits + digit] ?? 0;
      const place = starts[key] ?? 0;
      sorted[place] = position;
      starts[key] = place + 1;
    }
    [order, sorted] = [sorted, order];
  }
  return order;
}

/**
 * The bits of each value as four unsigned digits, lowest first, that compare as the values do: the
 * sign flipped, and all other bits, too, if it is negative.
 */
function sortableKeys(values: Float64Array): Uint16Array {
  const keys = new Uint16Array(values.slice().buffer);
  for (let cell = digits - 1; cell < keys.length; cell += digits) {
    const top = keys[cell] ?? 0;
    if (top < 0x8000) keys[cell] = top | 0x8000;
    else for (let digit = cell - digits + 1; digit <= cell; digit++) keys[digit] = ~(keys[digit] ?? 0);
  }
  return keys;
}
