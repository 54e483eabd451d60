/** A share as text, `0.05` as `5%`. */
export function percent(share: number, digits = 4): string {
  return `${Number((share * 100).toPrecision(digits))}%`;
}
