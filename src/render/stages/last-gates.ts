import type { PromotionGate } from '../../registry/inspect/show.ts';

/** What was found at the last promotion of a version to a stage, or at the last attempt. */
export interface LastGates {
  stage: string;
  /** Epoch milliseconds. */
  at: number;
  action: PromotionGate['action'];
  gates: PromotionGate[];
}

/** Of all that is known, the last for each stage; the latest first, as they are given. */
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
