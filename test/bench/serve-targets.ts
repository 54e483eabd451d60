/** A figure that should be at least, or at most, a number. */
export interface Target {
  what: string;
  /** Null: it could not be measured here. */
  reached: number | null;
  sign: '≥' | '≤';
  limit: number;
}

export function target(what: string, reached: number | null, sign: '≥' | '≤', limit: number): Target {
  return { what, reached, sign, limit };
}

export function printTargets(targets: readonly Target[]): void {
  console.log('\ntarget                                                  limit   reached');
  let missed = 0;
  for (const { what, reached, sign, limit } of targets) {
    const met = reached !== null && (sign === '≥' ? reached >= limit : reached <= limit);
    if (reached !== null && !met) missed += 1;
    const value = reached === null ? '–' : reached.toFixed(2);
    const verdict = reached === null ? 'not measured' : met ? 'met' : 'missed';
    console.log(`${what.padEnd(54)} ${`${sign} ${limit}`.padStart(6)} ${value.padStart(9)}  ${verdict}`);
  }
  console.log(`${targets.length - missed} of ${targets.length} not missed`);
}
