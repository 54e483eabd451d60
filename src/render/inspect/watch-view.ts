import type { Json } from '../../api/verb.ts';
import type { watchVerb } from '../../api/verbs/stages/watch.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { Ended } from '../../registry/stages/run-program.ts';
import type { StageMove } from '../../registry/inspect/watch.ts';
import { eventJson } from './event-json.ts';
import { isoTime } from '../format.ts';
import { viewOf } from '../view.ts';

export interface WatchLine {
  name: string;
  stage: string;
  /** Null if there is only a warning. */
  move: StageMove | null;
  /** The program that was run for it; null if none was requested. */
  exec: ({ command: string[] } & Ended) | null;
}

/** One line per move, as they happen. */
export const watchView = viewOf<WatchLine, Json<typeof watchVerb>>()({
  json: ({ name, stage, move, exec }) => ({
    name,
    stage,
    action: move?.action ?? null,
    from: move?.from ?? null,
    to: move?.to ?? null,
    generation: move?.generation ?? null,
    event: move === null || move.event === null ? null : eventJson(move.event),
    exec,
  }),
  text: ({ name, stage, move, exec }, { color }) => {
    if (move === null) return '';
    const { action, from, to, event } = move;
    const why = event === null || event.message === null ? '' : color.dim(`: ${escapeText(event.message)}`);
    const way = action === 'current' ? '' : `${from ?? '(empty)'} → `;
    const by = event === null ? '' : `  by ${escapeText(event.actor)}`;
    const at = event === null ? '' : `${color.dim(isoTime(event.at))}  `;
    const ran =
      exec === null
        ? ''
        : `  ${exec.code === 0 ? color.green('✓') : color.red('✗')} ${escapeText(exec.command.join(' '))}`;
    return `${at}${color.bold(action)} ${escapeText(`${name} ${stage}`)} ${way}${color.bold(to ?? '(empty)')}${by}${why}${ran}`;
  },
  plain: ({ name, stage, move, exec }) => {
    if (move === null) return [];
    const { action, from, to, generation, event } = move;
    const ran = exec === null ? [] : [exec.code ?? exec.signal ?? exec.error];
    const of = event === null ? [null, null, null] : [event.seq, isoTime(event.at), event.actor];
    return [[...of, action, name, stage, from, to, generation, ...ran]];
  },
  quiet: ({ name, move }) => (move === null || move.to === null ? [] : [`${name}@${move.to}`]),
});
