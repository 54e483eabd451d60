import { escapeText } from '../../core/text/quote.ts';
import type { Json } from '../../api/verb.ts';
import type { demoteVerb } from '../../api/verbs/stages/demote.ts';
import type { promoteVerb } from '../../api/verbs/stages/promote.ts';
import type { rollbackVerb } from '../../api/verbs/stages/rollback.ts';
import type { MoveResult } from '../../registry/stages/move-stage.ts';
import { eventJson } from '../inspect/event-json.ts';
import { facts } from '../format.ts';
import { worstVerdict } from '../../core/events/gate-result.ts';
import { gateRow, gatesText } from './gates-text.ts';
import { moveMarkdown } from './move-markdown.ts';
import { viewOf, type Style, type View } from '../view.ts';

const verbs = { promote: 'now points at', rollback: 'is back at', demote: 'is now' } as const;
type Action = keyof typeof verbs;

/** The fields that all moves have, for scripts. */
export function moveJson({
  name,
  stage,
  from,
  to,
  generation,
  gates,
  overridden,
  blocked,
  event,
  hooks = [],
}: MoveResult): Json<typeof demoteVerb> {
  return {
    name,
    stage,
    from,
    to,
    generation,
    gates,
    ...(overridden === undefined ? {} : { overridden }),
    ...(blocked === undefined ? {} : { blocked: true as const, candidate: blocked.version }),
    event: event === null ? null : eventJson(event),
    hooks,
  };
}

export const promoteView = viewOf<MoveResult, Json<typeof promoteVerb>>()({
  ...moveForms('promote'),
  json: (result) => ({ ...moveJson(result), ...dryRunJson(result) }),
});

export const rollbackView = viewOf<MoveResult, Json<typeof rollbackVerb>>()({
  ...moveForms('rollback'),
  json: ({ yanked, ...result }) => ({
    ...moveJson(result),
    ...(yanked === undefined ? {} : { yanked }),
    ...dryRunJson(result),
  }),
});

export const demoteView = viewOf<MoveResult, Json<typeof demoteVerb>>()({
  ...moveForms('demote'),
  json: moveJson,
});

function dryRunJson({ dryRun }: MoveResult): { dryRun?: true } {
  return dryRun === true ? { dryRun } : {};
}

/** promote, rollback and demote: all of them move one stage. */
function moveForms(action: Action): Omit<View<MoveResult>, 'json'> {
  return {
    text: (result, style) => {
      const gates = result.gates.length === 0 ? '' : `\n${gatesText(result.gates, style)}`;
      return `${head(action, result, style)}${gates}${rows(action, result, style)}`;
    },
    plain: (result) => [
      [result.name, result.stage, result.from, result.to, result.generation, outcome(result)],
      ...result.gates.map((gate) => ['gate', ...gateRow(gate)]),
    ],
    quiet: ({ name, to }) => (to === null ? [] : [`${name}@${to}`]),
    markdown: moveMarkdown,
    outputs: ({ subject, gates }) =>
      subject === undefined ? null : { ...subject, verdict: worstVerdict(gates) },
  };
}

function outcome({ changed, dryRun, blocked }: MoveResult): string {
  if (blocked !== undefined) return 'blocked';
  return dryRun === true ? 'dry-run' : changed ? 'moved' : 'unchanged';
}

function head(action: Action, result: MoveResult, { color }: Style): string {
  const { name, stage, from, to, changed, blocked, dryRun, yanked } = result;
  const subject = `${escapeText(stage)} of ${escapeText(name)}`;
  const target = color.bold(to ?? 'empty');
  if (blocked !== undefined) {
    const stays = `stays ${from === null ? 'empty' : `at ${color.bold(from)}`}`;
    return `${color.red('✗')} ${subject} ${dryRun === true ? 'would stay' : stays}: the gates of ${blocked.version} did not pass`;
  }
  if (dryRun === true) {
    const also = yanked === undefined ? '' : `, and ${yanked} would be yanked`;
    return `${color.cyan('○')} ${subject} would move from ${from ?? '(empty)'} to ${target}${also} (dry run; nothing changed)`;
  }
  if (!changed)
    return `${color.green('✓')} ${subject} ${to === null ? 'is already' : 'already points at'} ${target}; nothing changed`;
  return `${color.green('✓')} ${subject} ${verbs[action]} ${target}`;
}

function rows(action: Action, result: MoveResult, { color, width }: Style): string {
  const { name, stage, from, changed, event, overridden, yanked } = result;
  if (!changed) return '';
  const shown = facts(
    [
      ['before', from ?? 'empty'],
      ['yanked', yanked],
      ['overridden', overridden?.map(escapeText).join('\n')],
      ['by', escapeText(event?.actor ?? '')],
      ['why', escapeText(event?.message ?? '')],
      ['undo', action === 'promote' && from !== null ? `mlreg rollback ${name} --stage ${stage}` : undefined],
    ],
    color.dim,
    width,
  );
  return `\n${shown}`;
}
