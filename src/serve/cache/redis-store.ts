import { createClient, RESP_TYPES } from '@redis/client';
import { type RedisSetting, shownUrl } from './cache-setting.ts';
import type { Store } from './store.ts';

/** Before keys: another form of entries needs another number. */
const prefix = 'mlreg:cache:1:';

/** A reply that takes longer is not waited for. */
const patienceMs = 50;
/** Nothing is asked for so long after a reply took too long. */
const restMs = 1000;
/** How long the start of the server waits for the first connection. */
const firstConnectionMs = 500;
/** The most bytes that are on their way to Redis; more are not kept. */
const mostUnsentBytes = 4_000_000;
const mostCommands = 1000;

/**
 * Keeps answers in Redis, where several servers share them. Whatever happens to Redis, answers do not
 * wait for it: one that is away or slow is not asked, and is connected to again in the background.
 * `warn` is told once when it begins to fail, and once when it is back.
 */
export async function redisStore(
  { url, ttlMs }: RedisSetting,
  warn: (warning: string) => void,
): Promise<Store> {
  const at = shownUrl(url);
  let failing = false;
  let closed = false;
  let restUntil = 0;
  let unsentBytes = 0;
  let errors = 0;
  const client = createClient({
    url,
    // Understood by every Redis, and by what speaks its protocol.
    RESP: 2,
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    commandsQueueMaxLength: mostCommands,
    disableOfflineQueue: true,
    // A connection whose other end is gone without a word says nothing for so long.
    pingInterval: 2000,
    socket: {
      connectTimeout: 2000,
      socketTimeout: 10_000,
      reconnectStrategy: (tries) => Math.min(50 * 2 ** tries, 2000),
    },
  });
  const trouble = (error: unknown): void => {
    if (failing || closed) return;
    failing = true;
    const why = error instanceof Error ? messageOf(error) : String(error);
    warn(`the cache ${at} fails: ${why}; requests are answered without it`);
  };
  const failed = (error: unknown): void => {
    errors += 1;
    trouble(error);
  };
  const works = (): void => {
    if (failing && !closed) warn(`the cache ${at} works again`);
    failing = false;
  };
  client.on('error', trouble);
  const isUsable = (): boolean => client.isReady && performance.now() >= restUntil;
  const connected = client.connect().catch(trouble);
  await Promise.race([connected, new Promise((resolve) => setTimeout(resolve, firstConnectionMs))]);
  if (!client.isReady) trouble(new Error('it cannot be reached yet'));

  const ask = async (key: string): Promise<Uint8Array | undefined> => {
    const late = Promise.withResolvers<'late'>();
    let last: NodeJS.Immediate | undefined;
    // Not before what has arrived meanwhile was read: this process may have been late itself.
    const timer = setTimeout(() => void (last = setImmediate(late.resolve, 'late')), patienceMs);
    try {
      const found = await Promise.race([client.get(prefix + key), late.promise]);
      if (found === 'late') {
        restUntil = performance.now() + restMs;
        failed(new Error(`no reply within ${patienceMs} ms`));
        return undefined;
      }
      works();
      return found ?? undefined;
    } catch (error) {
      failed(error);
      return undefined;
    } finally {
      clearTimeout(timer);
      clearImmediate(last);
    }
  };

  return {
    get: (key) => (isUsable() ? ask(key) : undefined),
    set(key, bytes) {
      if (!isUsable() || unsentBytes + bytes.length > mostUnsentBytes) return;
      unsentBytes += bytes.length;
      const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      client
        .set(prefix + key, value, { expiration: { type: 'PX', value: ttlMs } })
        .catch(failed)
        .finally(() => void (unsentBytes -= bytes.length));
    },
    stats: () => ({ entries: null, bytes: null, limitBytes: null, evictions: 0, errors }),
    close() {
      closed = true;
      if (client.isOpen) client.destroy();
      return Promise.resolve();
    },
  };
}

/** An address that could not be reached in several ways is an error without a message. */
function messageOf(error: Error): string {
  if (error.message !== '') return error.message;
  return error instanceof AggregateError ? error.errors.map(String).join('; ') : error.name;
}
