import type { SingleBar } from 'cli-progress';
import { formatDuration } from '../../core/text/units.ts';
import type { Session } from '../context.ts';

/**
 * A progress bar that appears only on a terminal that can redraw a line, and only if the work lasts
 * more than a second.
 */
export interface Progress {
  /** `rows` counts rows of a table, of which `done` and `total` are bytes; a total of 0 is unknown. */
  update: (state: { done: number; total: number; what: string; rows?: number }) => void;
  stop: () => void;
}

const silent: Progress = { update: () => undefined, stop: () => undefined };

export function startProgress(
  session: Pick<Session, 'env' | 'form' | 'stderr'>,
  unit: 'bytes' | 'percent' | 'rows',
): Progress {
  if (session.form === 'json' || session.env['TERM'] === 'dumb') return silent;
  const stderr = session.stderr();
  if (!stderr.isTTY) return silent;
  let bar: SingleBar | undefined;
  let last: State = { done: 0, total: 1, what: '' };
  let begun = performance.now();
  let stopped = false;
  const show = async (): Promise<void> => {
    const {
      default: { SingleBar, Presets },
    } = await import('cli-progress');
    if (stopped) return;
    const format = last.total === 0 ? '{what} {rows} rows, {rate} rows/s' : formats[unit];
    const options = { format, stream: stderr, clearOnComplete: true, hideCursor: true, fps: 10, barsize: 30 };
    bar = new SingleBar(options, Presets.rect);
    bar.start(last.total, last.done, payload(last, begun));
  };
  const timer = setTimeout(() => void show(), 1000);
  timer.unref();
  return {
    update(state) {
      // The next piece of work begins, such as the second of two models.
      if (state.done < last.done) begun = performance.now();
      last = state;
      bar?.setTotal(state.total);
      bar?.update(state.done, payload(state, begun));
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      bar?.stop();
    },
  };
}

type State = Parameters<Progress['update']>[0];

const formats = {
  bytes: '{what} {bar} {percentage}% of {size} MB, {left} left',
  rows: '{what} {bar} {percentage}%, {rate} rows/s, {left} left',
  percent: '{what} {bar} {percentage}%',
};

function payload({ done, total, what, rows = 0 }: State, begun: number): Record<string, string> {
  const elapsed = performance.now() - begun;
  const rate = (1000 * rows) / elapsed;
  return {
    what,
    size: (total / 1e6).toFixed(0),
    rows: rows.toLocaleString('en'),
    rate: Math.round(rate).toLocaleString('en'),
    left: timeLeft(elapsed, done / total),
  };
}

/**
 * From milliseconds so far and the share of the work that is done. The bar's own estimate is of its
 * last few updates, and "NULL" after a pause.
 */
export function timeLeft(elapsed: number, share: number): string {
  if (!(share > 0)) return '?';
  return formatDuration(1000 * Math.ceil((elapsed * (1 - share)) / share / 1000));
}
