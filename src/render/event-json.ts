import type { RegistryEvent } from '../core/event.ts';
import { isoTime } from './format.ts';

/** An event as scripts see it. */
export function eventJson(event: RegistryEvent): Record<string, unknown> {
  return { ...event, at: isoTime(event.at) };
}
