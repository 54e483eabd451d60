import { shownNumber } from '../core/text/numbers.ts';
import type { Watching } from './monitoring.ts';
import type { Firing } from './rule.ts';

/** `accuracy fell from 0.912 to 0.871 in the last 3 days, p 2e-6`: for messages and the history. */
export function sayFiring({ by, fall, falls }: Firing, { metric, direction, every }: Watching): string {
  const verb = direction === 'higher' ? 'fell' : 'rose';
  const [from, to] = [falls?.from ?? fall?.baseline ?? 0, falls?.to ?? fall?.recent ?? 0];
  const values = `${metric} ${verb} from ${shownNumber(from, 4)} to ${shownNumber(to, 4)}`;
  const p = fall === null ? '' : `, p ${shownNumber(fall.p, 2)}`;
  if (falls !== null) return `${values}, worse for ${falls.count} ${every}s in a row${p}`;
  return by === 'pooled' ? `${values}, the last ${every}s together${p}` : `${values} since a change${p}`;
}
