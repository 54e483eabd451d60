import type { Selector } from '../../core/versions/reference.ts';
import type { ServedVersion, Slot } from '../served.ts';

/** A slot with a first version. */
export function openSlot(name: string, selector: Selector, first: ServedVersion): Slot {
  let current = first;
  return {
    name,
    selector,
    stage: selector.kind === 'stage' && selector.back === 0 ? selector.stage : null,
    current: () => current,
    swapTo: async (next, { keep = false } = {}) => {
      const before = current;
      current = next;
      if (!keep && before !== next) await before.close();
    },
  };
}
