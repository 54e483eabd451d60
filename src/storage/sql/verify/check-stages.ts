import type { Kysely } from 'kysely';
import type { RegistryEvent } from '../../../core/events/event.ts';
import { canonicalJson } from '../../../core/json/canonical.ts';
import { counted } from '../../../core/text/numbers.ts';
import { selectEventsAscending } from '../events/event-log.ts';
import type { Tables } from '../tables.ts';
import type { Report } from './row-problem.ts';

type Db = Kysely<Tables>;

const slice = 500;

interface Replayed {
  version: string | null;
  generation: number;
  top: number | null;
  since: number;
}

/** Replays every move event, in order, and compares the result with the links and the pointers. */
export async function checkStages(db: Db, report: Report): Promise<void> {
  const replayed = new Map<string, Replayed>();
  const entries = new Map<number, string | null>();
  let moved = 0;
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
    moved += moves.length;
  }
  const { links } = await db
    .selectFrom('moves')
    .select((eb) => eb.fn.countAll<number>().as('links'))
    .executeTakeFirstOrThrow();
  if (links !== moved) report('moves', `${counted(links, 'row')}, but ${counted(moved, 'event')}`);
  const pointers = await db
    .selectFrom('pointers')
    .innerJoin('models', 'models.id', 'pointers.model_id')
    .leftJoin('versions', 'versions.id', 'pointers.version_id')
    .select(['models.name', 'pointers.stage', 'pointers.generation', 'pointers.top', 'pointers.since'])
    .select('versions.version')
    .execute();
  for (const { name, stage, ...found } of pointers) {
    const subject = `${name}@${stage}`;
    const expected = replayed.get(subject);
    replayed.delete(subject);
    if (expected !== undefined && canonicalJson(found) === canonicalJson(expected)) continue;
    report(subject, `the stage ${describe(found)}, but according to its events it ${describe(expected)}`);
  }
  for (const subject of replayed.keys()) report(subject, 'events move the stage, but its pointer is missing');
}

function describe(state: Replayed | undefined): string {
  if (state === undefined) return 'was never moved';
  return `points at ${state.version ?? 'nothing'} (generation ${state.generation}, since ${timeOf(state.since)})`;
}

/** A time in a damaged row may be outside the range of dates. */
function timeOf(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
}

interface Link {
  name: string;
  stage: string;
  below: number | null;
  top: number | null;
  version: string | null;
  generation: number;
}
type Links = Map<number, Link>;

async function linksOf(db: Db, seqs: number[]): Promise<Links> {
  // An empty list is not valid SQL.
  if (seqs.length === 0) return new Map();
  const rows = await db
    .selectFrom('moves')
    .innerJoin('models', 'models.id', 'moves.model_id')
    .leftJoin('versions', 'versions.id', 'moves.version_id')
    .select(['moves.seq', 'moves.below', 'moves.top', 'moves.generation', 'moves.stage'])
    .select(['models.name', 'versions.version'])
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
  const before = replayed.get(subject) ?? { version: null, generation: 0, top: null, since: 0 };
  const details = event.details as { generation: number; below: number | null; top: number | null };
  const pushed = details.top === event.seq;
  if (pushed) entries.set(event.seq, event.to);
  const link = links.get(event.seq);
  const sound =
    details.generation === before.generation + 1 &&
    event.from === before.version &&
    (!pushed || details.below === before.top) &&
    (details.top === null ? event.to === null : entries.get(details.top) === event.to) &&
    link?.name === event.model &&
    link.stage === event.stage &&
    link.below === details.below &&
    link.top === details.top &&
    link.generation === details.generation &&
    link.version === event.to;
  if (!sound)
    report(subject, `move ${event.seq} does not follow from earlier moves, or its link was changed`);
  const { generation, top } = details;
  replayed.set(subject, { version: event.to, generation, top, since: event.at });
}
