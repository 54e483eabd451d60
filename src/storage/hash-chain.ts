import { createHash, randomUUID } from 'node:crypto';
import { canonicalJson } from '../core/json/canonical.ts';
import {
  firstPrevHash,
  hashedText,
  timeInChain,
  type EventBody,
  type RegistryEvent,
} from '../core/events/event.ts';

export function sha256Hex(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** SHA-256, in hex, of the canonical JSON (RFC 8785) of a value. */
export function hashOfJson(value: object): string {
  return sha256Hex(canonicalJson(value));
}

/**
 * As `hashOfJson`, without the null members of `value` itself (nested nulls count). So a member
 * that a later format adds does not change the hash of a row that has no value for it.
 */
export function hashOfMembers(value: object): string {
  return hashOfJson(Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null)));
}

/** Whether an event, its columns included, matches its hash. */
export function isIntact(event: RegistryEvent): boolean {
  return sha256Hex(hashedText(event)) === event.hash;
}

/** The event that follows `last`. `at` is the reading of the clock; see `timeInChain`. */
export function chainEvent(
  last: RegistryEvent | undefined,
  { at: clock, ...body }: Omit<EventBody, 'id' | 'clock'>,
): RegistryEvent {
  const linked = {
    ...body,
    id: randomUUID(),
    clock,
    at: timeInChain(last, { ...body, clock }),
    seq: (last?.seq ?? 0) + 1,
    prevHash: last?.hash ?? firstPrevHash,
  };
  return { ...linked, hash: sha256Hex(hashedText(linked)) };
}

/** What is wrong with `event` as the successor of `last`; undefined when it is sound. */
export function brokenLink(last: RegistryEvent | undefined, event: RegistryEvent): string | undefined {
  if (event.seq !== (last?.seq ?? 0) + 1)
    return last === undefined
      ? `events before event ${event.seq} are missing`
      : `events are missing between event ${last.seq} and event ${event.seq}`;
  if (event.prevHash !== (last?.hash ?? firstPrevHash))
    return `event ${event.seq} does not link to the previous event`;
  if (!isIntact(event)) return `event ${event.seq} does not match its hash`;
  if (!isInTime(last, event)) return `the time of event ${event.seq} does not follow from the previous event`;
  return undefined;
}

/** Events of an early format do not record their clock. */
function isInTime(last: RegistryEvent | undefined, event: RegistryEvent): boolean {
  const { at, clock } = event;
  return clock === undefined ? at >= (last?.at ?? 0) : at === timeInChain(last, { ...event, clock });
}
