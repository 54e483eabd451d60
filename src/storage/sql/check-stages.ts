import type { Kysely } from 'kysely';
import type { RegistryEvent } from '../../core/event.ts';
import type { Report } from './check-rows.ts';
import { selectEventsAscending } from './event-log.ts';
import type { Tables } from './tables.ts';

type Db = Kysely<Tables>;

const slice = 500;

interface Replayed {
  version: string | null;
  generation: number;
  top: number | null;
}

/** Replays every move event, in order, and compares what follows from it with the links and the pointers. */
export async function checkStages(db: Db, report: Report): Promise<void> {
  const replayed = new Map<string, Replayed>();
  const entries = new Map<number, string | null>();
  for (let after = 0; ;) {
    const events = await selectEventsAscending(db, after, slice);
    if (events.length === 0) break;
    after = events.at(-1)?.seq ?? after;
    const moves = events.filter((event) => event.details['generation'] !== undefined);
    const links = await linksOf(
      db,
      moves.map((event) => event.seq),
    );
    for (const event of moves) replayMove(event, replayed, entries, links, report);
  }
  const pointers = await db
    .selectFrom('pointers')
    .innerJoin('models', 'models.id', 'pointers.model_id')
    .leftJoin('versions', 'versions.id', 'pointers.version_id')
    .select(['models.name', 'pointers.stage', 'pointers.generation', 'pointers.top', 'versions.version'])
    .execute();
  for (const { name, stage, generation, top, version } of pointers) {
    const subject = `${name}@${stage}`;
    const expected = replayed.get(subject);
    replayed.delete(subject);
    if (expected?.version === version && expected.generation === generation && expected.top === top) continue;
    report(
      subject,
      `the stage points at ${version ?? 'nothing'}, its events say ${expected?.version ?? 'nothing'}`,
    );
  }
  for (const subject of replayed.keys())
    report(subject, 'the stage was moved by events, but its pointer is gone');
}

type Links = Map<
  number,
  { below: number | null; top: number | null; version: string | null; generation: number }
>;

async function linksOf(db: Db, seqs: number[]): Promise<Links> {
  const rows = await db
    .selectFrom('moves')
    .leftJoin('versions', 'versions.id', 'moves.version_id')
    .select(['moves.seq', 'moves.below', 'moves.top', 'moves.generation', 'versions.version'])
    .where('moves.seq', 'in', seqs)
    .execute();
  return new Map(rows.map((row) => [row.seq, row]));
}

function replayMove(
  event: RegistryEvent,
  replayed: Map<string, Replayed>,
  entries: Map<number, string | null>,
  links: Links,
  report: Report,
): void {
  const subject = `${event.model}@${event.stage}`;
  const before = replayed.get(subject) ?? { version: null, generation: 0, top: null };
  const details = event.details as { generation: number; below: number | null; top: number | null };
  const pushed = details.top === event.seq;
  if (pushed) entries.set(event.seq, event.to);
  const link = links.get(event.seq);
  const sound =
    details.generation === before.generation + 1 &&
    event.from === before.version &&
    (!pushed || details.below === before.top) &&
    (details.top === null ? event.to === null : entries.get(details.top) === event.to) &&
    link?.below === details.below &&
    link.top === details.top &&
    link.generation === details.generation &&
    link.version === event.to;
  if (!sound) report(subject, `move ${event.seq} does not fit the moves before it, or its link was changed`);
  replayed.set(subject, { version: event.to, generation: details.generation, top: details.top });
}
