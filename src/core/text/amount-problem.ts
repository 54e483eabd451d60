import { quote } from './quote.ts';

/** Why a text is not one number with one of these units. */
export function whyUnreadable(text: string, units: readonly string[]): string {
  const [, sign, digits = '', decimals, unit = ''] =
    /^([+-]?)(\d+(?:\.(\d+))?)(\p{L}*)$/u.exec(text.trim()) ?? [];
  if (text !== text.trim()) return 'it has leading or trailing spaces';
  if (digits === '') return 'expected a number and a unit';
  if (sign !== '') return 'it must not have a sign';
  if (unit === '') return 'it has no unit';
  const meant = units.find((one) => one.toLowerCase() === unit.toLowerCase());
  if (!units.includes(unit))
    return meant === undefined
      ? `unknown unit ${quote(unit)}`
      : `unknown unit ${quote(unit)}; did you mean ${meant}?`;
  return `${digits} has too many ${decimals === undefined ? 'digits' : 'decimals'}`;
}
