import type { Json } from '../../api/verb.ts';
import type { historyVerb } from '../../api/verbs/inspect/history.ts';
import { gatesOf, type RegistryEvent } from '../../core/events/event.ts';
import type { HistoryResult } from '../../registry/inspect/history.ts';
import { eventJson } from '../inspect/event-json.ts';
import { isoTime } from '../format.ts';
import { gateRow, gatesText } from './gates-text.ts';
import { historyView } from '../inspect/history-view.ts';
import { viewOf } from '../view.ts';

/** The history, with the findings of the gates below each promotion. */
export const historyGatesView = viewOf<HistoryResult, Omit<Json<typeof historyVerb>, 'checkpoint'>>()({
  json: (result) => ({ ...historyView.json(result), events: result.events.map(withGates) }),
  text: (result, style) => {
    if (result.events.length === 0) return historyView.text(result, style);
    const judged = result.events.filter((event) => gatesOf(event).length > 0);
    const sections = judged.map(
      (event) => `event ${event.seq}\n${gatesText(gatesOf(event), style)}${overriddenText(event)}`,
    );
    return [historyView.text(result, style), ...sections].join('\n\n');
  },
  plain: ({ events }) =>
    events.flatMap((event) => {
      const { seq, at, actor, action, model, version, stage } = event;
      const gates = gatesOf(event);
      const rows = gates.length === 0 ? [[null, null, null, null, null]] : gates.map(gateRow);
      return rows.map((row) => [seq, isoTime(at), actor, action, model, version, stage, ...row]);
    }),
  quiet: (result) => historyView.quiet(result),
});

function withGates(event: RegistryEvent) {
  const gates = gatesOf(event);
  return gates.length === 0 ? eventJson(event) : { ...eventJson(event), gates };
}

function overriddenText({ details }: RegistryEvent): string {
  return Array.isArray(details['overridden']) ? '\n  promoted anyway (--force)' : '';
}
