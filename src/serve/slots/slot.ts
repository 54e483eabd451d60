import type { Selector, StageName } from '../../core/versions/reference.ts';
import type { ServedVersion, Slot } from '../served.ts';

/** A slot with its first version, if there is one already. */
export function openSlot(name: string, selector: Selector, first?: ServedVersion): Slot {
  let current = first;
  return {
    name,
    selector,
    stage: selector.kind === 'stage' && selector.back === 0 ? selector.stage : null,
    current: () => current,
    point: (next) => void (current = next),
  };
}

/** What chooses the holder of a stage. */
export function stageSelector(stage: StageName): Selector {
  return { kind: 'stage', stage, back: 0 };
}
