import { randomBytes } from 'node:crypto';

const sane = /^[\w.:/+=@~-]{1,128}$/;

/**
 * Whether a client's `x-request-id` can be used: it may be any text, but it ends up in logs,
 * headers and other people's systems.
 */
export function isRequestId(given: string): boolean {
  return sane.test(given);
}

/**
 * Makes ids that differ between requests, processes and machines: 48 random bits of this process,
 * and a number. Not secret; a UUID for each would cost as much as the metrics of the request.
 */
export function requestIds(): () => string {
  const process = randomBytes(6).toString('hex');
  let last = 0;
  return () => `${process}-${(last += 1).toString(36)}`;
}
