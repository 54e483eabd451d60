import { escapeText } from '../text/quote.ts';
import type { Dimension, Signature, ValueInfo } from './signature.ts';

export interface SignatureChange {
  side: 'input' | 'output';
  name: string;
  kind: 'removed' | 'added' | 'type' | 'rank' | 'dimension' | 'default-removed' | 'default-added' | 'moved';
  before?: ValueInfo;
  after?: ValueInfo;
  /** Whether callers of the old model can fail with the new model. */
  breaking: boolean;
  /** One phrase: `input X: float32[batch,64] became float32[N,10]`. */
  description: string;
}

export interface SignatureComparison {
  /** No change is breaking. */
  compatible: boolean;
  /** Inputs first, in the order of the old model; additions come last. */
  changes: SignatureChange[];
}

function formatDimension(dimension: Dimension): string {
  return dimension === null ? '?' : escapeText(String(dimension));
}

/**
 * `float32[batch,64]`; a scalar is `float32[]`, an unknown rank `float32[...]`, an unknown size
 * `?`; a value that is not a tensor is its type.
 */
export function formatValueType({ type, dtype, shape }: ValueInfo): string {
  if (dtype === null) return escapeText(type);
  return `${dtype}[${shape === null ? '...' : shape.map(formatDimension).join(',')}]`;
}

type ShapeChange = Pick<SignatureChange, 'kind' | 'breaking'>;

/**
 * Inputs must still accept what they accepted, and outputs must not return new kinds of values: a
 * change breaks if `wide`, the more general of the two sides, does not cover `narrow`. A symbol,
 * like null, stands for any size.
 */
function covers(wide: Dimension, narrow: Dimension): boolean {
  return typeof wide !== 'number' || wide === narrow;
}

function sameSize(one: Dimension, other: Dimension): boolean {
  return typeof one === 'number' || typeof other === 'number' ? one === other : true;
}

function shapeChange(side: SignatureChange['side'], before: ValueInfo, after: ValueInfo): ShapeChange | null {
  const wide = side === 'input' ? after.shape : before.shape;
  const narrow = side === 'input' ? before.shape : after.shape;
  if (wide === null || narrow === null)
    return wide === narrow ? null : { kind: 'rank', breaking: wide !== null };
  if (wide.length !== narrow.length) return { kind: 'rank', breaking: true };
  if (wide.every((dimension, axis) => sameSize(dimension, narrow[axis]!))) return null;
  return { kind: 'dimension', breaking: !wide.every((dimension, axis) => covers(dimension, narrow[axis]!)) };
}

function valueChange(side: SignatureChange['side'], before: ValueInfo, after: ValueInfo): ShapeChange | null {
  if (before.type !== after.type) return { kind: 'type', breaking: true };
  return shapeChange(side, before, after);
}

function byName(values: ValueInfo[]): Map<string, ValueInfo> {
  return new Map(values.map((value) => [value.name, value]));
}

function added(side: SignatureChange['side'], after: ValueInfo): SignatureChange {
  const breaking = side === 'input' && after.hasDefault !== true;
  const suffix = after.hasDefault === true ? ', with a default' : '';
  const description = `${side} ${escapeText(after.name)}: ${formatValueType(after)} was added${suffix}`;
  return { side, name: after.name, kind: 'added', after, breaking, description };
}

function compareValue(
  side: SignatureChange['side'],
  before: ValueInfo,
  after: ValueInfo | undefined,
): SignatureChange[] {
  const { name } = before;
  const subject = `${side} ${escapeText(name)}`;
  if (after === undefined) {
    const description = `${subject}: ${formatValueType(before)} was removed`;
    return [{ side, name, kind: 'removed', before, breaking: true, description }];
  }
  const changes: SignatureChange[] = [];
  const change = valueChange(side, before, after);
  if (change !== null) {
    const description = `${subject}: changed from ${formatValueType(before)} to ${formatValueType(after)}`;
    changes.push({ side, name, ...change, before, after, description });
  }
  if (before.hasDefault !== after.hasDefault) {
    const removed = before.hasDefault === true;
    changes.push({
      side,
      name,
      kind: removed ? 'default-removed' : 'default-added',
      before,
      after,
      breaking: removed,
      description: `${subject}: default ${removed ? 'removed' : 'added'}`,
    });
  }
  return changes;
}

/**
 * Outputs are often taken by position, as in `session.run(None, …)[0]`, so an output that moved
 * breaks its callers. Inputs are passed by name, so an input that moved is only mentioned.
 */
function moved(
  side: SignatureChange['side'],
  before: ValueInfo,
  after: ValueInfo | undefined,
  from: number,
  to: number | undefined,
): SignatureChange[] {
  if (after === undefined || to === undefined || to === from) return [];
  const { name } = before;
  const description = `${side} ${escapeText(name)}: moved from position ${from + 1} to ${to + 1}`;
  return [{ side, name, kind: 'moved', before, after, breaking: side === 'output', description }];
}

function compareSide(
  side: SignatureChange['side'],
  before: ValueInfo[],
  after: ValueInfo[],
): SignatureChange[] {
  const earlier = byName(before);
  const later = byName(after);
  const places = new Map([...later.keys()].map((name, place) => [name, place]));
  return [
    ...[...earlier.values()].flatMap((value, place) => [
      ...compareValue(side, value, later.get(value.name)),
      ...moved(side, value, later.get(value.name), place, places.get(value.name)),
    ]),
    ...[...later.values()].filter(({ name }) => !earlier.has(name)).map((value) => added(side, value)),
  ];
}

/**
 * What changed from one signature to another, and whether callers of the first can use the second
 * unchanged. Values are matched by name, as ONNX Runtime does; names of symbols do not matter.
 */
export function compareSignatures(before: Signature, after: Signature): SignatureComparison {
  const changes = [
    ...compareSide('input', before.inputs, after.inputs),
    ...compareSide('output', before.outputs, after.outputs),
  ];
  return { compatible: changes.every(({ breaking }) => !breaking), changes };
}
