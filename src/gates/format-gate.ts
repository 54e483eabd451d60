import type { StageName } from '../core/events/stage.ts';
import type { Amount, Bound, Gate } from './gate.ts';

/** Words that are no metrics unless they stand in quotes. */
export const reserved = new Set('p50 p90 p95 p99 size age approvals signature golden data and'.split(' '));

const bareMetric = /^[^\s<>=!"',]+$/;

/** The gate as `parseGates` reads it, whichever stages are declared beside those that it names. */
export function formatGate(gate: Gate): string {
  switch (gate.kind) {
    case 'metric':
      return `${formatMetric(gate.name)}${gate.comparator}${formatBound(gate.bound)}`;
    case 'size':
      return `size${gate.comparator}${formatBound(gate.bound)}`;
    case 'latency':
      return `${gate.statistic}${gate.comparator}${formatBound(gate.bound)}`;
    case 'age':
      return `age${gate.comparator}${formatAmount(gate.amount)}`;
    case 'approvals':
      return `approvals>=${gate.count}`;
    case 'signature':
      return 'signature=compatible';
    case 'golden':
    case 'data':
      return gate.kind;
  }
}

export function formatAmount({ value, unit }: Amount): string {
  return `${value}${unit ?? ''}`;
}

function formatMetric(name: string): string {
  const bare = bareMetric.test(name) && !reserved.has(name.toLowerCase()) && !/^metrics?\./.test(name);
  return bare ? name : `"${name.replaceAll('"', '""')}"`;
}

/** `production-0.005`, and `production - 1`: without the blanks that would be a stage's name. */
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
