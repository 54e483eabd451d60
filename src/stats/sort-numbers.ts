/** Below this, the passes of a radix sort cost more than comparing. */
const fewValues = 2048;

/**
 * Sorts finite numbers ascending; −0 becomes 0. `scratch` has at least as many places. Returns
 * whichever of the two arrays has the result, cut to the number of values; the other one is garbage.
 * A radix sort of the 64 bits, 11 or 10 at a time from the lowest, which skips the digits that all
 * values share, as the last ones of numbers that were float32. Negative numbers, whose bits compare
 * the other way, are turned around at the end. Source: D. E. Knuth, "The Art of Computer
 * Programming", vol. 3, 5.2.5, algorithm R.
 */
export function sortNumbers(values: Float64Array, scratch: Float64Array): Float64Array {
  const count = values.length;
  for (let at = 0; at < count; at++) values[at] = (values[at] as number) + 0;
  if (count < fewValues) return values.sort();
  const places = countDigits(values);
  let [from, to] = [values, scratch.subarray(0, count)];
  for (const [which, [word, shift, bits]] of digits.entries()) {
    const own = places.subarray(which * 2048, which * 2048 + 2 ** bits);
    if (!toFirstPlaces(own, count)) continue;
    move(from, to, word, shift, 2 ** bits - 1, own);
    [from, to] = [to, from];
  }
  return turnNegatives(from, to);
}

/** Which half of the 64 bits, on little-endian machines, where a digit begins, its bits. */
const digits = [
  [0, 0, 11],
  [0, 11, 11],
  [0, 22, 10],
  [1, 0, 11],
  [1, 11, 11],
  [1, 22, 10],
] as const;

function wordsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

function countDigits(values: Float64Array): Uint32Array {
  const words = wordsOf(values);
  const counts = new Uint32Array(6 * 2048);
  for (let at = 0; at < words.length; at += 2) {
    const [low, high] = [words[at] as number, words[at + 1] as number];
    counts[low & 2047]!++;
    counts[2048 + ((low >>> 11) & 2047)]!++;
    counts[4096 + (low >>> 22)]!++;
    counts[6144 + (high & 2047)]!++;
    counts[8192 + ((high >>> 11) & 2047)]!++;
    counts[10240 + (high >>> 22)]!++;
  }
  return counts;
}

/** Counts become places; false if all values have the same digit. */
function toFirstPlaces(counts: Uint32Array, values: number): boolean {
  let place = 0;
  for (let digit = 0; digit < counts.length; digit++) {
    const count = counts[digit] as number;
    if (count === values) return false;
    counts[digit] = place;
    place += count;
  }
  return true;
}

function move(
  from: Float64Array,
  to: Float64Array,
  word: number,
  shift: number,
  mask: number,
  places: Uint32Array,
): void {
  const words = wordsOf(from);
  const count = from.length;
  for (let at = 0, half = word; at < count; at++, half += 2) {
    const digit = ((words[half] as number) >>> shift) & mask;
    const place = places[digit] as number;
    places[digit] = place + 1;
    to[place] = from[at] as number;
  }
}

/** Negative numbers are behind the others, from the nearest to 0 on. */
function turnNegatives(sorted: Float64Array, spare: Float64Array): Float64Array {
  const count = sorted.length;
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < 0) high = middle;
    else low = middle + 1;
  }
  if (low === count) return sorted;
  for (let at = low; at < count; at++) spare[count - 1 - at] = sorted[at] as number;
  spare.set(sorted.subarray(0, low), count - low);
  return spare;
}
