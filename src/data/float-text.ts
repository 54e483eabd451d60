/**
 * Exact powers of ten: every power up to 10^22 is a double, so that one multiplication or division
 * of an integer below 2^53 rounds only once (W. D. Clinger, "How to read floating point numbers
 * accurately", 1990).
 */
export const powersOfTen: Float64Array = Float64Array.from({ length: 23 }, (_, power) =>
  Number(`1e${power}`),
);
