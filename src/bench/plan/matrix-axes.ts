import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { nextBelow, seededRandom } from '../../core/seeded-random.ts';
import type { Signature } from '../../core/versions/signature.ts';
import type { BenchOptions } from './plan.ts';

/** What varies, and its values in the order given. */
export interface Axis {
  /** `threads`, `batch`, or a named dimension of the model's inputs. */
  name: string;
  values: number[];
}

/** One setting of the grid: a value for every axis, in the order of the axes. */
export type Setting = [axis: string, value: number][];

const mostCells = 100;
const mostSize = 2 ** 31 - 1;
/**
 * The axes that every model has, with their highest values. Each is an option of a bench. Every
 * other axis is a dimension.
 */
const settable = { threads: 1024, batch: mostSize } satisfies Partial<Record<keyof BenchOptions, number>>;

/** The axes of a model with these inputs; with no inputs, those of every model. */
export function axesOf(inputs: Signature['inputs']): string[] {
  return [...new Set([...Object.keys(settable), ...dimensionsOf(inputs)])];
}

function isSettable(name: string): name is keyof typeof settable {
  return Object.hasOwn(settable, name);
}

/** A named dimension of the model's inputs, not an option of the bench. */
export function isDimension(axis: string): boolean {
  return !isSettable(axis);
}

function highestOf(name: string): number {
  return isSettable(name) ? settable[name] : mostSize;
}

const hint = '--matrix threads=1,2 batch=1,8,32';

/** Whether an argument is an axis: a reference has no `=` before its `@`. */
export function isAxis(word: string): boolean {
  return /^[^@=]*=/.test(word);
}

/**
 * Parses `threads=1,2`, `batch=1,8,32`, `seq=64,128`. USAGE for an argument that is not an axis, a
 * duplicate axis or value, values that are not whole numbers above 0, and more than 100 settings in
 * total.
 */
export function parseAxes(words: readonly string[]): Axis[] {
  return checkAxes(
    words.map((word) => {
      const [, name, list] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
      if (name === undefined || list === undefined)
        throw new MlregError('USAGE', `invalid --matrix ${quote(word)}: expected AXIS=VALUE,VALUE`, {
          hint,
        });
      const values = list.split(',').map((text) => {
        if (/^\d{1,10}$/.test(text)) return Number(text);
        throw badValue(name, quote(text));
      });
      return { name, values };
    }),
  );
}

/** Throws USAGE as `parseAxes` does. */
export function checkAxes(axes: readonly Axis[]): Axis[] {
  if (axes.length === 0) throw new MlregError('USAGE', 'the matrix has no axes', { hint });
  for (const [at, { name, values }] of axes.entries()) {
    if (axes.findIndex((axis) => axis.name === name) !== at)
      throw new MlregError('USAGE', `duplicate axis ${quote(name)}`, { hint: 'remove one of them' });
    if (values.length === 0) throw new MlregError('USAGE', `the axis ${quote(name)} has no values`, { hint });
    for (const [index, value] of values.entries()) {
      if (!Number.isSafeInteger(value) || value < 1 || value > highestOf(name))
        throw badValue(name, String(value));
      if (values.indexOf(value) !== index)
        throw new MlregError('USAGE', `duplicate value ${value} of axis ${quote(name)}`, {
          hint: 'remove one of them',
        });
    }
  }
  const cells = axes.reduce((product, { values }) => product * values.length, 1);
  if (cells > mostCells) {
    throw new MlregError(
      'USAGE',
      `the matrix has ${cells.toLocaleString('en')} settings; the limit is ${mostCells}`,
      {
        hint: 'measure the ends of an axis first, then the values between them',
      },
    );
  }
  return [...axes];
}

function badValue(name: string, value: string): MlregError {
  return new MlregError(
    'USAGE',
    `invalid value ${value} of axis ${quote(name)}: expected an integer from 1 to ${highestOf(name).toLocaleString('en')}`,
    { hint },
  );
}

/**
 * Refuses axes that the model does not have, and axes that the options already set. If a model has
 * a dimension called `threads`, the axis still means the number of threads.
 */
export function refuseUnknownAxes(axes: readonly Axis[], { inputs }: Signature, options: BenchOptions): void {
  const dimensions = dimensionsOf(inputs);
  for (const { name } of axes) {
    if (!isSettable(name) && !dimensions.has(name)) {
      const known = axesOf(inputs)
        .map((one) => quote(one))
        .join(', ');
      throw new MlregError('INVALID_INPUT', `unknown axis ${quote(name)}; this model has: ${known}`, {
        hint,
      });
    }
    const fixed = isSettable(name) ? options[name] : options.shapes?.get(name)?.join('x');
    if (fixed !== undefined) {
      throw new MlregError('USAGE', `${quote(name)} is an axis and also set to ${fixed}`, {
        hint: 'remove one of them',
      });
    }
  }
}

function dimensionsOf(inputs: Signature['inputs']): Set<string> {
  return new Set(
    inputs
      .filter(({ hasDefault }) => hasDefault !== true)
      .flatMap(({ shape }) => (shape ?? []).filter((dimension) => typeof dimension === 'string')),
  );
}

/** Every combination; the last axis varies fastest. */
export function settingsOf(axes: readonly Axis[]): Setting[] {
  return axes.reduce<Setting[]>(
    (settings, { name, values }) =>
      settings.flatMap((setting) => values.map((value): Setting => [...setting, [name, value]])),
    [[]],
  );
}

/** The options of one setting. */
export function chooseSetting(options: BenchOptions, setting: Setting): BenchOptions {
  const sizes = dimensionsIn(setting).map(([name, size]): [string, number[]] => [name, [size]]);
  return {
    ...options,
    ...Object.fromEntries(setting.filter(([name]) => isSettable(name))),
    ...(sizes.length === 0 ? {} : { shapes: new Map([...(options.shapes ?? []), ...sizes]) }),
  };
}

/** The part of a setting that changes the task: sizes that a caller cannot choose for speed. */
export function dimensionsIn(setting: Setting): Setting {
  return setting.filter(([name]) => isDimension(name));
}

/**
 * The order in which the settings are measured, as positions in `settingsOf`. Random by the seed
 * (Fisher–Yates shuffle), because any fixed order would favour its first or last settings when the
 * machine warms up or other processes run.
 */
export function shuffledOrder(count: number, seed: number): number[] {
  const random = seededRandom(seed, 'order of settings');
  const order = Array.from({ length: count }, (_, at) => at);
  for (let at = count - 1; at > 0; at--) {
    const other = nextBelow(random, at + 1);
    [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
  }
  return order;
}

/** `threads=1 batch=8` */
export function describeSetting(setting: Setting): string {
  return setting.map(([name, value]) => `${name}=${value}`).join(' ');
}
