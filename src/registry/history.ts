import type { RegistryEvent } from '../core/event.ts';
import type { ModelName } from '../core/model-name.ts';
import type { StageName } from '../core/stage.ts';
import type { Registry } from './registry.ts';
import { requireModel, requireStage } from './resolve.ts';

export interface HistoryInput {
  name?: ModelName;
  stage?: StageName;
  limit: number;
  /** Epoch milliseconds: what each stage pointed at then, instead of all that happened. */
  at?: number;
}

export interface Holder {
  name: string;
  stage: string;
  /** Null: nobody held the stage. */
  version: string | null;
  /** Since when, epoch milliseconds. */
  since: number;
}

export interface HistoryResult {
  /** Newest first; with `at`, the last move of each stage by then. */
  events: RegistryEvent[];
  /** Only with `at`. */
  at?: number;
  holders?: Holder[];
}

/** What happened, newest first, or who held the stages at a time. */
export async function history(
  registry: Registry,
  { name, stage, limit, at }: HistoryInput,
): Promise<HistoryResult> {
  if (name !== undefined) await requireModel(registry, name);
  if (stage !== undefined) await requireStage(registry, stage);
  const query = {
    ...(name === undefined ? {} : { model: name }),
    ...(stage === undefined ? {} : { stage }),
    limit,
  };
  if (at === undefined) return { events: await registry.metadata.events(query) };
  const events = await registry.metadata.movesAt({ ...query, at });
  const holders = events.map((event) => ({
    name: event.model ?? '',
    stage: event.stage ?? '',
    version: event.to,
    since: event.at,
  }));
  return { events, at, holders };
}
