import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { globalGroup } from '../options/options.ts';
import { limitNames } from './plan-options.ts';
import { requireRef } from './require-ref.ts';

/** `measure` is the default; an option names any other form. */
export type BenchForm = 'measure' | 'matrix' | 'list' | 'show' | 'recheck';

/**
 * The options that each form for stored runs takes besides the one that names it; measuring takes
 * the others. By commander's names.
 */
const taken: Record<Exclude<BenchForm, 'measure' | 'matrix'>, string[]> = {
  list: ['limit', 'page', 'markdown'],
  show: ['markdown'],
  recheck: [...limitNames, 'markdown'],
};
const stored = ['list', 'show', 'recheck'] as const;
const ofListOnly = new Set(['limit', 'page']);

/**
 * The form that the options select. USAGE, with their names, for options that exclude each other,
 * and for a reference that is missing or superfluous.
 */
export function chooseForm(command: Command, ref: string | undefined): BenchForm {
  const given = command.options.filter(
    (option) =>
      option.helpGroupHeading !== globalGroup &&
      command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  const long = (name: string): string =>
    command.options.find((option) => option.attributeName() === name)?.long ?? name;
  const [form, another] = stored.filter((name) => given.some((option) => option.attributeName() === name));
  if (form === undefined) {
    const stray = given.find((option) => ofListOnly.has(option.attributeName()));
    if (stray !== undefined) throw apart(`${stray.long} requires --list`);
    // The words after --matrix may be both the axes and the reference.
    if (given.some((option) => option.attributeName() === 'matrix')) return 'matrix';
    requireRef(ref);
    return 'measure';
  }
  if (another !== undefined) throw apart(`${long(form)} and ${long(another)} cannot be used together`);
  const allowed = new Set([form, ...taken[form]]);
  const stray = given.find((option) => !allowed.has(option.attributeName()));
  if (stray !== undefined)
    throw apart(`${stray.long} cannot be used with ${long(form)}, which measures nothing`);
  if (form !== 'list' && ref !== undefined)
    throw apart(`${long(form)} takes no reference: it names a stored run`);
  return form;
}

function apart(message: string): MlregError {
  return new MlregError('USAGE', message, { hint: 'omit one of them: see mlreg bench --help' });
}
