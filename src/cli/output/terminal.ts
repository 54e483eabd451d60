import type { OutputStream } from './standard-output.ts';

/**
 * Whether text on a stream is coloured. `--no-color` beats `FORCE_COLOR`, which beats everything
 * else, as in Node and chalk; a terminal has colours unless `NO_COLOR` (https://no-color.org) or
 * `TERM=dumb` says otherwise. An empty variable counts as not set (https://force-color.org).
 */
export function hasColors(
  { isTTY }: Pick<OutputStream, 'isTTY'>,
  env: NodeJS.ProcessEnv,
  flag: boolean | undefined,
): boolean {
  if (flag === false) return false;
  const forced = env['FORCE_COLOR'];
  if (forced) return forced !== '0' && forced !== 'false';
  return isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

const usualWidth = 80;

/**
 * The columns that text may take. Only a terminal has a width of its own: elsewhere it is unlimited
 * unless `COLUMNS` says otherwise, because what a log cuts off is lost.
 */
export function columnsOf({ isTTY, columns }: OutputStream, env: NodeJS.ProcessEnv): number {
  if (columns) return columns;
  const named = /^[1-9]\d{0,5}$/.test(env['COLUMNS'] ?? '') ? Number(env['COLUMNS']) : undefined;
  return named ?? (isTTY === true ? usualWidth : Number.POSITIVE_INFINITY);
}
