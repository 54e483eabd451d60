/** Uniform 32-bit integers; a seed gives the same sequence on every machine. */
export type RandomUint32 = () => number;

/**
 * A seeded generator: SplitMix32, a 32-bit counter through MurmurHash3's finaliser. Good enough for
 * test data and resampling, with a period of 2^32; not for secrets. Source: Steele, Lea and Flood,
 * "Fast splittable pseudorandom number generators" (2014), with the constants of MurmurHash3.
 */
export function seededRandom(seed: number, stream = ''): RandomUint32 {
  let state = mix((seed >>> 0) ^ hashText(stream));
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return mix(state);
  };
}

/** A double in [0, 1) with 53 random bits. */
export function nextDouble(random: RandomUint32): number {
  return ((random() >>> 5) * 2 ** 26 + (random() >>> 6)) / 2 ** 53;
}

/**
 * An integer from 0 to `count` − 1; `count` ≤ 2^32. The bias of the multiplication is below 2^-32
 * per value.
 */
export function nextBelow(random: RandomUint32, count: number): number {
  return Math.floor((random() / 2 ** 32) * count);
}

function mix(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** FNV-1a over UTF-16 code units: each name gets its own stream. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
