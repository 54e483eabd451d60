import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { parseByteSize, parseDuration } from '../../core/text/units.ts';

/** Where answers are kept. */
export type CacheSetting = { kind: 'off' } | KeptIn;

export type KeptIn = { kind: 'memory'; limitBytes: number } | RedisSetting;

export interface RedisSetting {
  kind: 'redis';
  /** May hold a password: see `shownUrl`. */
  url: string;
  /** Milliseconds after which Redis forgets an answer. */
  ttlMs: number;
}

const hint = 'use memory:64MB, redis://HOST:6379 or off';

/** Below this there is room for no answer. */
const leastBytes = 1e6;
const usualTtlMs = 3_600_000;

/**
 * Reads `off`, `memory`, `memory:SIZE` or `redis://HOST[:PORT][/DB][?ttl=1h]`; `rediss` is Redis over
 * TLS. USAGE for anything else, and if `from` is a flag also for a password, which other users could
 * read. Messages name `from`, and never a password.
 */
export function parseCacheSetting(text: string, from = 'cache'): CacheSetting {
  if (text === 'off') return { kind: 'off' };
  if (text === 'memory') return { kind: 'memory', limitBytes: 64_000_000 };
  if (/^rediss?:/i.test(text)) return parseRedis(text, from);
  const [, size] = /^memory:(.*)$/s.exec(text) ?? [];
  if (size === undefined) throw wrong(from, `cannot be ${quote(masked(text))}`);
  const limitBytes = parseByteSize(size);
  if (limitBytes < leastBytes) throw wrong(from, `must have at least 1MB, not ${size}`);
  return { kind: 'memory', limitBytes };
}

function parseRedis(text: string, from: string): RedisSetting {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '' || url.hash !== '' || !/^(\/\d{0,5})?$/.test(url.pathname))
    throw wrong(from, `cannot be ${quote(masked(text))}: expected redis://HOST[:PORT][/DATABASE]`);
  if (from.startsWith('--') && url.password !== '')
    throw new MlregError(
      'USAGE',
      `${from} must not hold a password: other users of this machine can read arguments`,
      { hint: 'put the address into the environment: MLREG_CACHE=redis://:PASSWORD@HOST:6379' },
    );
  for (const name of url.searchParams.keys())
    if (name !== 'ttl') throw wrong(from, `has an unknown parameter ${quote(name)}; there is ttl`);
  const ttl = url.searchParams.get('ttl');
  const ttlMs = ttl === null ? usualTtlMs : Math.round(parseDuration(ttl));
  if (ttlMs < 1) throw wrong(from, `must have a ttl of at least 1ms, not ${ttl}`);
  url.search = '';
  return { kind: 'redis', url: url.href, ttlMs };
}

function wrong(from: string, what: string): MlregError {
  return new MlregError('USAGE', `${from} ${what}`, { hint });
}

/** A text without what stands before an @, in which there may be a password. */
function masked(text: string): string {
  return text.replace(/^([^/@]*:(?:\/\/)?).*@/s, '$1***@').replace(/\?.*$/s, '?…');
}

/** The address of a Redis, for messages: without user and password. */
export function shownUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}
