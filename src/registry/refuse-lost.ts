import { refuseLost } from '../storage/head.ts';
import { locationText } from './location.ts';
import type { Registry } from './registry.ts';

/** Refuses at once what the store would refuse after long work: see `refuseLost`. */
export async function refuseLostHistory(registry: Registry): Promise<void> {
  refuseLost(locationText(registry), await registry.metadata.head());
}
