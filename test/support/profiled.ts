import type { ProfileInput } from '../../src/profile/profile-data.ts';

/** The input of `profileData` for a table at a path. */
export function profileInput(path: string, rest: object = {}): ProfileInput {
  return {
    of: { table: { path, kindFlag: '--input-format' }, ...rest },
    ref: null,
    save: false,
    types: new Map(),
    redact: new Set(),
    output: null,
  };
}

/** Numbers as test/fixtures/profile/make_numbers.py generates them. */
export function generated(kind: string, rows: number, seed = 42): Float64Array {
  let state = seed;
  return Float64Array.from({ length: rows }, () => {
    state = Number((1664525n * BigInt(state) + 1013904223n) % 2n ** 32n);
    const value = state / 2 ** 32;
    if (kind === 'skewed') return value ** 4 * 1000 - 3;
    if (kind === 'ties') return Math.trunc(value * 7) ** 2;
    return kind === 'far' ? 1e9 + value : value;
  });
}
