/** Whether a version's `extra` has `preprocess.image`, right or wrong; without loading its schema. */
export function hasImageSpec(extra: unknown): boolean {
  const preprocess = isObject(extra) ? extra['preprocess'] : undefined;
  return isObject(preprocess) && preprocess['image'] !== undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
