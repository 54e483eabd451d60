import { formatReference } from '../../core/versions/reference.ts';
import type { MoveResult } from '../../registry/stages/move-stage.ts';
import { gatesMarkdown } from './gates-text.ts';
import { code } from '../markdown.ts';

/** A move for the summary of a CI job: the new state of the stage, then the gates. */
export function moveMarkdown(result: MoveResult): string {
  const { gates } = result;
  return [
    `### ${moveLine(result)}`,
    ...list(facts(result)),
    ...(gates.length === 0 ? [] : [gatesMarkdown(gates)]),
  ].join('\n\n');
}

/** One line, for a heading. */
export function moveLine({ name, stage, from, to, changed, blocked, dryRun, event }: MoveResult): string {
  const of = `${code(stage)} of ${code(name)}`;
  const holder = (version: MoveResult['to']): string =>
    version === null ? 'empty' : `at ${code(formatReference(name, version))}`;
  if (blocked !== undefined) {
    const candidate = code(formatReference(name, blocked.version));
    return `❌ ${of} ${dryRun === true ? 'would stay' : 'stays'} ${holder(from)}: the gates of ${candidate} did not pass`;
  }
  if (dryRun === true) return `${of} would be ${holder(to)} (dry run; nothing changed)`;
  if (!changed) return `✅ ${of} is already ${holder(to)}; nothing changed`;
  return `✅ ${of} is ${event?.action === 'rollback' ? 'back ' : ''}${holder(to)}`;
}

function facts({
  from,
  changed,
  event,
  overridden,
  yanked,
  blocked,
  dryRun,
}: MoveResult): [string, string][] {
  const all: [string, string | null | undefined][] = [
    ['before', changed ? (from ?? 'empty') : null],
    [dryRun === true ? 'would be yanked' : 'yanked', yanked],
    ['by', event?.actor],
    ['why', event?.message],
    ['event', event === null ? null : String(event.seq)],
    ['next', blocked?.hint],
  ];
  return [
    ...all.flatMap(([key, value]): [string, string][] => (value ? [[key, code(value)]] : [])),
    ...(overridden === undefined
      ? []
      : [['overridden', overridden.map(code).join(', ')] satisfies [string, string]]),
  ];
}

function list(rows: [string, string][]): string[] {
  return rows.length === 0 ? [] : [rows.map(([key, value]) => `- ${key}: ${value}`).join('\n')];
}
