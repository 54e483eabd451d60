import * as z from 'zod';
import { lineage, type Lineage as Family } from '../../../registry/inspect/lineage.ts';
import { reference, stageName } from '../../../schemas/kinds.ts';
import { reading } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { lineage };

export type Lineage = Plain<Family>;

const output = () => {
  const relative = z
    .strictObject({
      ref: reference,
      status: z.enum(['live', 'yanked', 'deleted', 'missing']).describe('missing: only its name is known'),
      stages: z.array(stageName),
      get relatives() {
        return z.array(relative).describe('Its parents or children');
      },
      repeated: z.boolean().describe('True if its relatives are listed elsewhere in the tree'),
    })
    .meta({ id: 'Relative', description: 'A version in a family tree' });

  return reading('lineage', {
    ref: reference,
    stages: z.array(stageName),
    parents: z.array(relative),
    children: z.array(relative),
    cut: z.boolean().describe('True if relatives were omitted'),
  });
};

/** @internal */
export const lineageVerb = /* @__PURE__ */ defineVerb({
  name: 'lineage',
  input: () => z.strictObject({ ref: given.reference }),
  output,
  run: (registry, { ref }) => lineage(registry, ref),
});

export interface LineageMethods {
  /**
   * Ancestors and descendants of a version.
   *
   * @example
   * const { parents } = await registry.lineage('digits@production');
   */
  lineage(ref: string): Promise<Lineage>;
}

/** @internal */
export const lineageMethods = (call: Call): LineageMethods => ({
  lineage: (ref) => call(lineageVerb, { ref }, {}),
});
