import type { PromotionGate } from '../../registry/inspect/show.ts';

/** The findings of the last promotion of a version to a stage, or of the last attempt. */
export interface LastGates {
  stage: string;
  /** Epoch milliseconds. */
  at: number;
  action: PromotionGate['action'];
  gates: PromotionGate[];
}

/** The last result for each stage, the latest first, which is the order of `all`. */
export function lastGates(all: readonly PromotionGate[]): LastGates[] {
  const byStage = new Map<string, LastGates & { event: number }>();
  for (const gate of all) {
    const { stage, at, action, event } = gate;
    const known = byStage.get(stage);
    if (known === undefined) byStage.set(stage, { stage, at, action, event, gates: [gate] });
    else if (known.event === event) known.gates.push(gate);
  }
  return [...byStage.values()];
}
