/** Below this, the passes of a radix sort cost more than comparing. */
const fewValues = 2048;

/**
 * Positions of the values in ascending order; equal ones keep their order. No NaN; −0 must have
 * been made 0. A radix sort of the 64 bits, 11 or 10 at a time from the lowest, which skips the
 * digits that all values share. The bits travel with the positions, so that memory is read in its
 * order. Source: D. E. Knuth, "The Art of Computer Programming", vol. 3, 5.2.5, algorithm R.
 */
export function sortOrder(values: Float64Array): Uint32Array {
  const order = new Uint32Array(values.length).map((_, at) => at);
  if (values.length < fewValues) return order.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  let from: Keys = { ...sortableWords(values), order };
  let to: Keys = {
    low: new Uint32Array(values.length),
    high: new Uint32Array(values.length),
    order: new Uint32Array(values.length),
  };
  for (const word of ['low', 'high'] as const)
    for (const [shift, bits] of digits) {
      const places = firstPlaces(from[word], shift, bits);
      if (places === null) continue;
      if (word === 'low') move(from, to, shift, bits, places);
      else moveHigh(from, to, shift, bits, places);
      [from, to] = [to, from];
    }
  return from.order;
}

/** The digits of each half of 32 bits: where they begin, and how many bits they have. */
const digits = [
  [0, 11],
  [11, 11],
  [22, 10],
] as const;

interface Keys {
  low: Uint32Array;
  high: Uint32Array;
  order: Uint32Array;
}

/** Where the first value with each digit goes; null: all values have the same. */
function firstPlaces(words: Uint32Array, shift: number, bits: number): Uint32Array | null {
  const places = new Uint32Array(2 ** bits);
  const mask = places.length - 1;
  for (const word of words) {
    const digit = (word >>> shift) & mask;
    places[digit] = (places[digit] ?? 0) + 1;
  }
  if (places[((words[0] ?? 0) >>> shift) & mask] === words.length) return null;
  let place = 0;
  for (let digit = 0; digit < places.length; digit++) {
    const count = places[digit] ?? 0;
    places[digit] = place;
    place += count;
  }
  return places;
}

function move(from: Keys, to: Keys, shift: number, bits: number, places: Uint32Array): void {
  const mask = 2 ** bits - 1;
  for (let at = 0; at < from.low.length; at++) {
    const low = from.low[at] ?? 0;
    const digit = (low >>> shift) & mask;
    const place = places[digit] ?? 0;
    places[digit] = place + 1;
    to.low[place] = low;
    to.high[place] = from.high[at] ?? 0;
    to.order[place] = from.order[at] ?? 0;
  }
}

/** As `move`, by the upper half, when the lower one is no longer needed. */
function moveHigh(from: Keys, to: Keys, shift: number, bits: number, places: Uint32Array): void {
  const mask = 2 ** bits - 1;
  for (let at = 0; at < from.high.length; at++) {
    const high = from.high[at] ?? 0;
    const digit = (high >>> shift) & mask;
    const place = places[digit] ?? 0;
    places[digit] = place + 1;
    to.high[place] = high;
    to.order[place] = from.order[at] ?? 0;
  }
}

/**
 * The bits of each value as two unsigned numbers that compare as the values do: the sign flipped,
 * and all other bits, too, if it is negative. On little-endian machines, the only ones that ONNX
 * Runtime and Node are both built for.
 */
function sortableWords(values: Float64Array): { low: Uint32Array; high: Uint32Array } {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const low = new Uint32Array(values.length);
  const high = new Uint32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const upper = words[2 * at + 1] ?? 0;
    const flip = upper >>> 31 === 0 ? 0 : 0xffffffff;
    low[at] = (words[2 * at] ?? 0) ^ flip;
    high[at] = upper ^ (flip | 0x80000000);
  }
  return { low, high };
}
