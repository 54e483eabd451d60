import type { ValueInfo } from '../../core/versions/signature.ts';

/** Whether a shape has the declared rank and the declared fixed sizes; a symbol takes any size. */
export function hasDeclaredShape({ shape: declared }: ValueInfo, shape: readonly number[]): boolean {
  if (declared === null) return true;
  return (
    declared.length === shape.length &&
    declared.every((size, axis) => typeof size !== 'number' || size < 0 || size === shape[axis])
  );
}

/**
 * Whether ONNX Runtime takes a tensor of this shape for an input. It checks what is declared, except a rank of 0
 * (InferenceSession::CheckShapes): exporters also write that for a shape they do not know.
 */
export function mayBeFedAs(input: ValueInfo, shape: readonly number[]): boolean {
  return input.shape?.length === 0 || hasDeclaredShape(input, shape);
}
