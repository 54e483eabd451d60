import type { StageName } from '../core/events/stage.ts';
import type { Amount, Bound } from './bound.ts';

export function formatAmount({ value, unit }: Amount): string {
  return `${value}${unit ?? ''}`;
}

/**
 * As `parseBound` reads it, whichever stages are declared beside the one that it names:
 * `production-0.005`, and `production - 1`, which without the blanks would be a stage's name.
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
