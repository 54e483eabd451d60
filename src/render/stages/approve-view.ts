import type { Json } from '../../api/verb.ts';
import type { approveVerb } from '../../api/verbs/stages/approve.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { ApproveResult } from '../../registry/stages/approve.ts';
import { eventJson } from '../inspect/event-json.ts';
import { facts } from '../format.ts';
import { viewOf } from '../view.ts';

export const approveView = viewOf<ApproveResult, Json<typeof approveVerb>>()({
  json: ({ ref, name, version, stage, approvals, event }) => ({
    ref,
    name,
    version,
    stage,
    approvals,
    event: eventJson(event),
  }),
  text: ({ ref, stage, changed, approvals, event }, { color, width }) => {
    const to = `${color.bold(ref)} for ${escapeText(stage)}`;
    const head = changed ? `approved ${to}` : `you already approved ${to}; nothing changed`;
    const counted = approvals.map(escapeText).join('\n');
    const rows = facts(
      [
        ['approvals', counted === '' ? 'no approvals that count' : counted],
        ['why', escapeText(event.message ?? '')],
      ],
      color.dim,
      width,
    );
    return `${color.green('✓')} ${head}\n${rows}`;
  },
  plain: ({ ref, stage, changed, approvals }) => [
    [ref, stage, changed ? 'approved' : 'unchanged'],
    ...approvals.map((actor) => ['approval', actor]),
  ],
  quiet: ({ ref }) => [ref],
});
