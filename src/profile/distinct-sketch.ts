/**
 * How many distinct values there are, of any number of values in 2 kB: HyperLogLog (Flajolet et al.,
 * 2007) with 2^11 registers, which is off by 1.04/√2048 = 2.3% (one standard error).
 */
export type DistinctSketch = Uint8Array;

const bits = 11;
const registers = 2 ** bits;

export function emptySketch(): DistinctSketch {
  return new Uint8Array(registers);
}

/** Adds a text, by two 32-bit hashes of its UTF-16 units. */
export function addText(sketch: DistinctSketch, text: string): void {
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  addHash(sketch, high, low);
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** Adds a number; 0 and -0 are the same. */
export function addNumber(sketch: DistinctSketch, value: number): void {
  double[0] = value + 0;
  const [one = 0, other = 0] = words;
  addHash(
    sketch,
    Math.imul(one ^ 0xdeadbeef, 2654435761) ^ Math.imul(other, 1597334677),
    Math.imul(other ^ 0x41c6ce57, 1597334677) ^ Math.imul(one, 2654435761),
  );
}

function addHash(sketch: DistinctSketch, high: number, low: number): void {
  const place = mix(high ^ (low >>> 15)) & (registers - 1);
  const zeros = Math.clz32(mix(low ^ Math.imul(high, 2246822507))) + 1;
  if (zeros > (sketch[place] as number)) sketch[place] = zeros;
}

/** MurmurHash3's finalizer. */
function mix(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 2246822507);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 3266489909);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

export function mergeSketches(sketches: readonly DistinctSketch[]): DistinctSketch {
  const merged = emptySketch();
  for (const sketch of sketches)
    for (const [place, zeros] of sketch.entries()) merged[place] = Math.max(merged[place] as number, zeros);
  return merged;
}

export function estimateDistinct(sketch: DistinctSketch): number {
  let sum = 0;
  let empty = 0;
  for (const zeros of sketch) {
    sum += 2 ** -zeros;
    if (zeros === 0) empty++;
  }
  const alpha = 0.7213 / (1 + 1.079 / registers);
  const raw = (alpha * registers ** 2) / sum;
  // Few values: by how many registers nothing fell into.
  const estimate = raw <= 2.5 * registers && empty > 0 ? registers * Math.log(registers / empty) : raw;
  return Math.round(estimate);
}
