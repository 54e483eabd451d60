import type { Family, Sample } from './exposition.ts';

/** What can happen to the version of a slot: another one answers, none does, or the next was refused. */
export type SlotKind = 'swapped' | 'emptied' | 'rejected';

export interface SlotCounts {
  note: (model: string, stage: string | null, kind: SlotKind) => void;
  families: () => Family[];
}

interface Counted {
  model: string;
  stage: string;
  swaps: number;
  rejected: number;
}

/** Counts swaps by model and stage. */
export function createSlotCounts(): SlotCounts {
  const slots = new Map<string, Counted>();
  const samples = (value: (counted: Counted) => number): Sample[] =>
    [...slots.values()].map((one) => ({ labels: { model: one.model, stage: one.stage }, value: value(one) }));
  return {
    note(model, stage, kind) {
      const key = `${model}@${stage ?? ''}`;
      const counted = slots.get(key) ?? { model, stage: stage ?? '', swaps: 0, rejected: 0 };
      slots.set(key, counted);
      if (kind === 'rejected') counted.rejected += 1;
      else counted.swaps += 1;
    },
    families: () => [
      {
        name: 'mlreg_swaps_total',
        type: 'counter',
        help: 'How often the version that answers for a stage was changed.',
        samples: samples(({ swaps }) => swaps),
      },
      {
        name: 'mlreg_swaps_rejected_total',
        type: 'counter',
        help: 'How often a version did not get traffic, because it does not load or fails its golden set.',
        samples: samples(({ rejected }) => rejected),
      },
    ],
  };
}
