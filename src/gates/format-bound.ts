import type { StageName } from '../core/events/stage.ts';
import type { Amount, Bound } from './bound.ts';

export function formatAmount({ value, unit }: Amount): string {
  return `${value}${unit ?? ''}`;
}

/**
 * Writes a bound so that `parseBound` reads it back whatever other stages are declared:
 * `production-0.005`, but `production - 1`, which without the spaces would be the name of a stage.
 */
export function formatBound(bound: Bound): string {
  if (bound.kind === 'amount') return formatAmount(bound.amount);
  const stage = formatStage(bound.stage);
  if (bound.shift === null) return stage;
  const { operator, amount } = bound.shift;
  const text = formatAmount(amount);
  const spaced = operator === '-' && /^[a-z0-9_-]+$/.test(text);
  return spaced ? `${stage} - ${text}` : `${stage}${operator}${text}`;
}

function formatStage(stage: StageName): string {
  return /-\d/.test(stage) ? `"${stage}"` : stage;
}
