import type { SingleBar } from 'cli-progress';
import type { Session } from '../context.ts';

/**
 * A progress bar that appears only on a terminal that can redraw a line, and only if the work lasts
 * more than a second.
 */
export interface Progress {
  update: (state: { done: number; total: number; what: string }) => void;
  stop: () => void;
}

const silent: Progress = { update: () => undefined, stop: () => undefined };

export function startProgress(
  session: Pick<Session, 'env' | 'form' | 'stderr'>,
  unit: 'bytes' | 'percent',
): Progress {
  if (session.form === 'json' || session.env['TERM'] === 'dumb') return silent;
  const stderr = session.stderr();
  if (!stderr.isTTY) return silent;
  let bar: SingleBar | undefined;
  let last = { done: 0, total: 1, what: '' };
  let stopped = false;
  const show = async (): Promise<void> => {
    const {
      default: { SingleBar, Presets },
    } = await import('cli-progress');
    if (stopped) return;
    const format =
      unit === 'bytes'
        ? '{what} {bar} {percentage}% of {size} MB, {eta_formatted} left'
        : '{what} {bar} {percentage}%';
    const options = { format, stream: stderr, clearOnComplete: true, hideCursor: true, fps: 10, barsize: 30 };
    bar = new SingleBar(options, Presets.rect);
    bar.start(last.total, last.done, payload(last));
  };
  const timer = setTimeout(() => void show(), 1000);
  timer.unref();
  return {
    update(state) {
      last = state;
      bar?.setTotal(state.total);
      bar?.update(state.done, payload(state));
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      bar?.stop();
    },
  };
}

function payload({ total, what }: { total: number; what: string }): { what: string; size: string } {
  return { what, size: (total / 1e6).toFixed(0) };
}
