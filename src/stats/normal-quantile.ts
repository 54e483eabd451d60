const central: Rational = [
  [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
    1971.5909503065513, 133.14166789178438, 3.3871328727963665,
  ],
  [
    5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
    687.1870074920579, 42.31333070160091, 1,
  ],
];
const middle: Rational = [
  [
    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
    5.769497221460691, 4.630337846156546, 1.4234371107496835,
  ],
  [
    1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
    1.6763848301838038, 2.053191626637759, 1,
  ],
];
const far: Rational = [
  [
    2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124,
    0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103,
  ],
  [
    2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133,
    0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1,
  ],
];

/** Coefficients from the highest power down, as the doubles nearest to the published ones. */
type Rational = readonly [numerator: readonly number[], denominator: readonly number[]];

/**
 * The z that a standard normal value stays below with probability p, to about 16 digits; infinite
 * at 0 and 1. Source: M. J. Wichura, "Algorithm AS 241: the percentage points of the normal
 * distribution" (1988), PPND16.
 */
export function normalQuantile(p: number): number {
  if (p <= 0) return -Infinity;
  if (p >= 1) return Infinity;
  const offset = p - 0.5;
  if (Math.abs(offset) <= 0.425) return offset * evaluate(central, 0.180625 - offset * offset);
  const tail = Math.sqrt(-Math.log(Math.min(p, 1 - p)));
  const z = tail <= 5 ? evaluate(middle, tail - 1.6) : evaluate(far, tail - 5);
  return offset < 0 ? -z : z;
}

function evaluate([numerator, denominator]: Rational, x: number): number {
  const horner = (coefficients: readonly number[]): number =>
    coefficients.reduce((value, coefficient) => value * x + coefficient, 0);
  return horner(numerator) / horner(denominator);
}
