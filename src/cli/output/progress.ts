import type { SingleBar } from 'cli-progress';
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
  const begun = performance.now();
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
  bytes: '{what} {bar} {percentage}% of {size} MB, {eta_formatted} left',
  rows: '{what} {bar} {percentage}%, {rate} rows/s, {eta_formatted} left',
  percent: '{what} {bar} {percentage}%',
};

function payload({ total, what, rows = 0 }: State, begun: number): Record<string, string> {
  const rate = (1000 * rows) / (performance.now() - begun);
  return {
    what,
    size: (total / 1e6).toFixed(0),
    rows: rows.toLocaleString('en'),
    rate: Math.round(rate).toLocaleString('en'),
  };
}
