import { escapeText } from '../core/quote.ts';
import type { MoveResult } from '../registry/move-stage.ts';
import { eventJson } from './event-json.ts';
import { facts } from './format.ts';
import type { View } from './view.ts';

const verbs = { promote: 'now points at', rollback: 'is back at', demote: 'is now' } as const;

/** A move as scripts see it. */
export function moveJson({
  name,
  stage,
  from,
  to,
  generation,
  gates,
  event,
  yanked,
  dryRun,
}: MoveResult): Record<string, unknown> {
  return {
    name,
    stage,
    from,
    to,
    generation,
    gates,
    event: event === null ? null : eventJson(event),
    ...(yanked === undefined ? {} : { yanked }),
    ...(dryRun === true ? { dryRun } : {}),
  };
}

/** promote, rollback and demote: all of them move one stage. */
export function moveView(action: keyof typeof verbs): View<MoveResult> {
  return {
    json: moveJson,
    text: (result, { color, width }) => {
      const { name, stage, from, to, changed, event, dryRun } = result;
      const subject = `${escapeText(stage)} of ${escapeText(name)}`;
      const target = color.bold(to ?? 'empty');
      if (dryRun === true)
        return `${color.cyan('○')} ${subject} would move from ${from ?? 'nothing'} to ${target}; nothing changed`;
      if (!changed)
        return `${color.green('✓')} ${subject} ${to === null ? 'is' : 'points at'} ${target} already; nothing changed`;
      const rows = facts(
        [
          ['before', from ?? 'nothing'],
          ['yanked', result.yanked],
          ['by', escapeText(event?.actor ?? '')],
          ['why', escapeText(event?.message ?? '')],
          [
            'undo',
            action === 'promote' && from !== null ? `mlreg rollback ${name} --stage ${stage}` : undefined,
          ],
        ],
        color.dim,
        width,
      );
      return `${color.green('✓')} ${subject} ${verbs[action]} ${target}\n${rows}`;
    },
    plain: ({ name, stage, from, to, generation, changed, dryRun }) => [
      [name, stage, from, to, generation, dryRun === true ? 'dry-run' : changed ? 'moved' : 'unchanged'],
    ],
    quiet: ({ name, to }) => (to === null ? [] : [`${name}@${to}`]),
  };
}
