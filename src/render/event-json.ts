import type { RegistryEvent } from '../core/event.ts';
import { isoTime } from './format.ts';

/** An event as scripts see it. */
export function eventJson({
  id,
  seq,
  at,
  actor,
  action,
  model,
  version,
  stage,
  from,
  to,
  message,
  details,
  hash,
  prevHash,
}: RegistryEvent): Record<string, unknown> {
  return {
    id,
    seq,
    at: isoTime(at),
    actor,
    action,
    model,
    version,
    stage,
    from,
    to,
    message,
    details,
    hash,
    prevHash,
  };
}
