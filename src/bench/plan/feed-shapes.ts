import type { Signature } from '../../core/versions/signature.ts';

/** Shape by input name. */
export type Shapes = Record<string, number[]>;

export interface ShapeSummary {
  /** Of the inputs whose shape is the same in all cases. */
  shapes: Shapes;
  /** Of the other inputs: the shapes with the fewest and the most elements. */
  varying: Record<string, { smallest: number[]; largest: number[] }>;
}

export function summarizeShapes(cases: readonly Shapes[]): ShapeSummary {
  const names = [...new Set(cases.flatMap((one) => Object.keys(one)))];
  const sorted = names.map((name): [string, number[][]] => {
    const shapes = cases.flatMap((one) => (Object.hasOwn(one, name) ? [one[name] ?? []] : []));
    return [name, shapes.toSorted(bySize)];
  });
  const ends = sorted.map(([name, shapes]) => ({
    name,
    smallest: shapes[0] ?? [],
    largest: shapes.at(-1) ?? [],
  }));
  const isSame = ({ smallest, largest }: (typeof ends)[number]): boolean => bySize(smallest, largest) === 0;
  return {
    shapes: Object.fromEntries(ends.filter(isSame).map(({ name, smallest }) => [name, smallest])),
    varying: Object.fromEntries(ends.filter((end) => !isSame(end)).map(({ name, ...both }) => [name, both])),
  };
}

/** Zero only for equal shapes. */
function bySize(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [a.join(), b.join()];
  return elements(a) - elements(b) || (x < y ? -1 : Number(x > y));
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * The batch size, as a mean over the cases: the first dimension, if all inputs except scalars share
 * it and the model leaves it open. Null if there is none.
 */
export function itemsPerRun(signature: Signature, cases: readonly Shapes[]): number | null {
  let items = 0;
  for (const shapes of cases) {
    const batch = batchOf(signature, shapes);
    if (batch === null) return null;
    items += batch;
  }
  return cases.length === 0 ? null : items / cases.length;
}

function batchOf({ inputs }: Signature, shapes: Shapes): number | null {
  const firsts = new Set(Object.values(shapes).flatMap((shape) => shape.slice(0, 1)));
  const open = inputs.some(
    ({ name, shape }) => Object.hasOwn(shapes, name) && typeof (shape?.[0] ?? null) !== 'number',
  );
  const [first] = firsts;
  return firsts.size === 1 && open && first !== undefined ? first : null;
}
