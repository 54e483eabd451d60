/** Tails of distributions; `greater` is P(X > x), without the cancellation of 1 − P(X ≤ x). */
export interface SpecialFunctions {
  /** P(Z > z) of a standard normal value. */
  normalGreater: (z: number) => number;
  /** P(X > x) of a χ² value with `freedom` > 0. */
  chiSquareGreater: (x: number, freedom: number) => number;
  /** P(|T| > |t|) of Student's t with `freedom` > 0, which need not be whole. */
  studentBeyond: (t: number, freedom: number) => number;
  /**
   * The t that Student's t with this whole number of degrees of freedom stays below with
   * probability p.
   */
  studentQuantile: (p: number, freedom: number) => number;
  /** P(F > x) of an F value with `between` and `within` > 0 degrees of freedom, whole or not. */
  fGreater: (x: number, between: number, within: number) => number;
  /** P(X ≤ x) of a beta value with a, b > 0: the regularised incomplete beta function I_x(a, b). */
  betaLess: (x: number, a: number, b: number) => number;
}

/**
 * The functions of S. Moshier's Cephes library, on which scipy's are built: equal to 10 digits with
 * parameters up to 5,000, to 9 up to a million. Loaded and compiled when first asked for. Student's
 * t and F are incomplete beta functions: M. Abramowitz and I. Stegun, "Handbook of Mathematical
 * Functions" (1964), 26.7.1 and 26.6.2.
 */
export async function specialFunctions(): Promise<SpecialFunctions> {
  const { compiled, erfc, chdtrc, incbet, stdtri } = await import('cephes');
  await compiled;
  const upperTail = (z: number): number => withoutUnderflow(() => erfc(z / Math.SQRT2) / 2, 0);
  const betaLess = (x: number, a: number, b: number): number => {
    if (x <= 0) return 0;
    return x >= 1 ? 1 : withoutUnderflow(() => incbet(a, b, x), x > a / (a + b) ? 1 : 0);
  };
  return {
    normalGreater: (z) => (z < 0 ? 1 - upperTail(-z) : upperTail(z)),
    chiSquareGreater: (x, freedom) =>
      x <= 0 ? 1 : withoutUnderflow(() => chdtrc(freedom, x), x < freedom ? 1 : 0),
    studentBeyond(t, freedom) {
      const square = t * t;
      // A small t would be lost in the sum.
      return square < 1
        ? 1 - betaLess(square / (freedom + square), 0.5, freedom / 2)
        : betaLess(freedom / (freedom + square), freedom / 2, 0.5);
    },
    studentQuantile: (p, freedom) => stdtri(freedom, p),
    fGreater: (x, between, within) =>
      x <= 0 ? 1 : betaLess(within / (within + between * x), within / 2, between / 2),
    betaLess,
  };
}

/** Cephes throws where a result, or what it is subtracted from 1, is too small for a double. */
function withoutUnderflow(call: () => number, limit: number): number {
  try {
    return call();
  } catch (error) {
    if (error instanceof Error && error.message.includes('underflow')) return limit;
    throw error;
  }
}
