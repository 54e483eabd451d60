import type { DriftInput } from '../../src/drift/drift-version.ts';
import { ref } from './temp-registry.ts';

/** The input of `driftVersion` for two files. */
export function driftInput(
  name: string,
  reference: string,
  live: string,
  { judge, ...rest }: Partial<Omit<DriftInput, 'judge'>> & { judge?: Partial<DriftInput['judge']> } = {},
): DriftInput {
  const table = (path: string) => ({ path, kindFlag: '--input-format' });
  return {
    ref: ref(name),
    live: table(live),
    reference: table(reference),
    target: null,
    share: 0.5,
    save: false,
    judge: {
      methods: new Map(),
      method: null,
      thresholds: new Map(),
      threshold: null,
      types: new Map(),
      bins: 'sturges',
      correction: null,
      ...judge,
    },
    ...rest,
  };
}
