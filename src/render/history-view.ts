import type { RegistryEvent } from '../core/event.ts';
import { escapeText } from '../core/quote.ts';
import { importedHistory, wholeHistory } from '../core/version-history.ts';
import type { HistoryResult } from '../registry/history.ts';
import { eventJson } from './event-json.ts';
import { isoTime, relativeTime } from './format.ts';
import { table } from './table.ts';
import type { Style, View } from './view.ts';

export const historyView: View<HistoryResult> = {
  json: ({ events, at, holders, nextPage }) => ({
    ...(at === undefined ? {} : { at: isoTime(at) }),
    ...(holders === undefined
      ? {}
      : { holders: holders.map((holder) => ({ ...holder, since: isoTime(holder.since) })) }),
    events: events.map(eventJson),
    nextPage,
  }),
  text: ({ events, at, holders, nextPage }, style) => {
    const more = nextPage === null ? '' : `\n${style.color.dim(`more: the same with --page '${nextPage}'`)}`;
    if (at !== undefined && holders !== undefined) {
      if (holders.length === 0) return `no stage pointed at anything at ${isoTime(at)}`;
      const rows = holders.map(({ name, stage, version, since }, index) => [
        escapeText(name),
        escapeText(stage),
        style.color.bold(version ?? 'nothing'),
        isoTime(since),
        escapeText(events[index]?.actor ?? ''),
      ]);
      return `at ${isoTime(at)}\n${table(style, ['model', 'stage', 'holder', 'since', 'by'], rows)}${more}`;
    }
    if (events.length === 0) return 'nothing has happened yet';
    const rows = events.flatMap((event) => [
      eventRow(style.color.dim(String(event.seq)), event, style),
      // What happened elsewhere has no number here.
      ...wholeHistory(importedHistory(event))
        .toReversed()
        .map((earlier) => eventRow(style.color.dim('↳'), earlier, style)),
    ]);
    return table(style, ['event', 'when', 'who', 'what', 'on', 'why'], rows, [0], 5) + more;
  },
  plain: ({ events, holders }) =>
    holders === undefined
      ? events.map(({ seq, at, actor, action, model, version, stage, from, to, message }) => [
          seq,
          isoTime(at),
          actor,
          action,
          model,
          version,
          stage,
          from,
          to,
          message,
        ])
      : holders.map(({ name, stage, version, since }) => [name, stage, version, isoTime(since)]),
  quiet: ({ events, holders }) =>
    holders === undefined
      ? events.map((event) => event.hash)
      : holders.flatMap(({ name, version }) => (version === null ? [] : [`${name}@${version}`])),
};

function eventRow(number: string, event: RegistryEvent, style: Style): string[] {
  return [
    number,
    relativeTime(event.at, style.now),
    escapeText(event.actor),
    style.color.bold(event.action),
    escapeText(subject(event)),
    escapeText(event.message ?? ''),
  ];
}

/**
 * `digits@1.1.0`, for a move `digits production 1.0.0 → 1.1.0`, for what moved none `digits@1.1.0 production`, for a change of the stages the
 * stage, for a collection how much was taken out.
 */
function subject({ action, model, version, stage, from, to, details }: RegistryEvent): string {
  if (action === 'collect') return `${String(details['blobs'])} blobs`;
  if (model === null) return stage ?? '';
  if (stage !== null && (from !== null || to !== null))
    return `${model} ${stage} ${from ?? 'nothing'} → ${to ?? 'nothing'}`;
  if (stage !== null) return `${model}@${version} ${stage}`;
  return version === null ? model : `${model}@${version}`;
}
