import type { RegistryEvent } from './event.ts';
import type { GateResult } from './gate-result.ts';

const fields = ['gate', 'verdict', 'observed', 'threshold', 'reason'] as const;

/**
 * What the event of a promotion, made or refused, records about its gates. Empty for other events,
 * and for damaged details.
 */
export function gatesOf({ details }: Pick<RegistryEvent, 'details'>): GateResult[] {
  const { gates } = details;
  return Array.isArray(gates) ? gates.filter(isGateResult) : [];
}

function isGateResult(value: unknown): value is GateResult {
  if (typeof value !== 'object' || value === null) return false;
  return fields.every((field) => typeof (value as Record<string, unknown>)[field] === 'string');
}
