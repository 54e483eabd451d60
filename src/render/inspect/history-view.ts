import type { Json } from '../../api/verb.ts';
import type { historyVerb } from '../../api/verbs/inspect/history.ts';
import { clockOf, clockTolerance, type RegistryEvent } from '../../core/events/event.ts';
import type { EventJson } from '../../schemas/event.ts';
import { escapeText } from '../../core/text/quote.ts';
import { eventsWithin, wholeHistory } from '../../core/versions/amendments.ts';
import type { HistoryResult } from '../../registry/inspect/history.ts';
import { eventDetails } from './event-details.ts';
import { eventJson } from './event-json.ts';
import { isoTime, relativeTime } from '../format.ts';
import { table } from '../table.ts';
import { viewOf, type Style } from '../view.ts';

export const historyView = viewOf<
  HistoryResult,
  Omit<Json<typeof historyVerb>, 'checkpoint' | 'events'> & { events: EventJson[] }
>()({
  json: ({ events, at, holders, nextPage }) => ({
    ...(at === undefined ? {} : { at: isoTime(at) }),
    ...(holders === undefined
      ? {}
      : { holders: holders.map((holder) => ({ ...holder, since: isoTime(holder.since) })) }),
    events: events.map(eventJson),
    nextPage,
  }),
  text: (result, style) => {
    const { events, at, holders, nextPage } = result;
    const more = nextPage === null ? '' : `\n${style.color.dim(`more: repeat with --page '${nextPage}'`)}`;
    if (at !== undefined && holders !== undefined) {
      if (holders.length === 0) return emptyStages(result);
      const rows = holders.map(({ name, stage, version, since }, index) => [
        escapeText(name),
        escapeText(stage),
        style.color.bold(version ?? '(empty)'),
        isoTime(since),
        escapeText(events[index]?.actor ?? ''),
      ]);
      return `at ${isoTime(at)}\n${table(style, ['model', 'stage', 'holder', 'since', 'by'], rows)}${more}`;
    }
    if (events.length === 0) return 'no events yet';
    const rows = events.flatMap((event) => [
      eventRow(style.color.dim(String(event.seq)), event, style),
      // Events of another registry have no number here.
      ...wholeHistory(eventsWithin(event))
        .toReversed()
        .map((earlier) => eventRow(style.color.dim('↳'), earlier, style)),
    ]);
    // For moves, registrations and yanks, only the reason is left to show.
    const last = events.some((event) => eventDetails(event) !== '') ? 'details' : 'why';
    return table(style, ['event', 'when', 'who', 'what', 'on', last], rows, [0], 5) + more;
  },
  plain: ({ events, at, holders }) =>
    holders === undefined
      ? events.map((event) => [
          event.seq,
          isoTime(event.at),
          event.actor,
          event.action,
          event.model,
          event.version,
          event.stage,
          event.from,
          event.to,
          event.message,
          eventDetails(event),
        ])
      : holders.map(({ name, stage, version, since }) => [
          name,
          stage,
          version,
          isoTime(since),
          at === undefined ? null : isoTime(at),
        ]),
  quiet: ({ events, holders }) =>
    holders === undefined
      ? events.map((event) => event.hash)
      : holders.flatMap(({ name, version }) => (version === null ? [] : [`${name}@${version}`])),
});

/** That no version held any of the stages that were asked for, in words. */
export function emptyStages({ name, stage, at = 0 }: HistoryResult): string {
  const model = name === undefined ? '' : ` of ${name}`;
  return `${stage === undefined ? `all stages${model} were` : `${stage}${model} was`} empty at ${isoTime(at)}`;
}

/** The maximum number of tags, metrics or stages of an event on a terminal. */
const mostNamed = 3;

function eventRow(number: string, event: RegistryEvent, style: Style): string[] {
  return [
    number,
    relativeTime(likelyTime(event, style.now), style.now),
    escapeText(event.actor),
    style.color.bold(event.action),
    escapeText(subject(event)),
    [eventDetails(event, mostNamed), escapeText(event.message ?? '')]
      .filter((text) => text !== '')
      .join(': '),
  ];
}

/**
 * The time in the chain, unless it is in the future: then an earlier clock was ahead, and this
 * event's own clock may be right.
 */
function likelyTime(event: RegistryEvent, now: number): number {
  return event.at > now + clockTolerance ? clockOf(event) : event.at;
}

/**
 * `digits@1.1.0`; for a move `digits production 1.0.0 → 1.1.0`; for an event about a stage that did
 * not move `digits@1.1.0 production`; for a change of the stages, the stage.
 */
function subject({ model, version, stage, from, to }: RegistryEvent): string {
  if (model === null) return stage ?? '';
  if (stage !== null && (from !== null || to !== null))
    return `${model} ${stage} ${from ?? '(empty)'} → ${to ?? '(empty)'}`;
  if (stage !== null) return `${model}@${version} ${stage}`;
  return version === null ? model : `${model}@${version}`;
}
