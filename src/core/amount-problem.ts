import { quote } from './quote.ts';

/** Why a text is not one number with one of these units. */
export function whyUnreadable(text: string, units: readonly string[]): string {
  const [, sign, digits = '', decimals, unit = ''] =
    /^([+-]?)(\d+(?:\.(\d+))?)(\p{L}*)$/u.exec(text.trim()) ?? [];
  if (text !== text.trim()) return 'there are blanks around it';
  if (digits === '') return 'it must be one number and one unit';
  if (sign !== '') return 'it must have no sign';
  if (unit === '') return 'it has no unit';
  const meant = units.find((one) => one.toLowerCase() === unit.toLowerCase());
  if (!units.includes(unit))
    return meant === undefined ? `${quote(unit)} is not a unit here` : `the unit is written ${meant}`;
  return `${digits} has too many digits${decimals === undefined ? '' : ' behind the point'}`;
}
