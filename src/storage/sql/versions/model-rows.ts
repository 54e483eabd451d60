import { sql, type Kysely } from 'kysely';
import type { ModelPattern } from '../../../core/versions/model-pattern.ts';
import type { EventBody } from '../../../core/events/event.ts';
import { modelActions, modelFactsIn } from '../../../core/versions/model-facts.ts';
import type { Digest } from '../../../core/versions/artifact.ts';
import type { ModelName, StageName } from '../../../core/versions/reference.ts';
import type { ModelSummary } from '../../versions.ts';
import type { Page } from '../../page.ts';
import { toPage, inOrder } from '../page.ts';
import { parseStored } from '../stored-json.ts';
import { selectPointers } from '../stages/pointer-rows.ts';
import { storedVersionOrNull } from './stored-version.ts';
import type { Tables } from '../tables.ts';
import { versionQuery } from './version-rows.ts';

type Db = Kysely<Tables>;

interface ModelsQuery {
  after?: ModelName;
  prefix?: string;
  pattern?: ModelPattern;
  limit: number;
  stage?: StageName;
}

/** Models by name, each with its latest version and what its stages point at. */
export async function selectModels(db: Db, query: ModelsQuery): Promise<Page<ModelSummary, ModelName>> {
  const { after, limit, pattern } = query;
  const named = pattern === undefined ? undefined : await matchingNames(db, { ...query, pattern });
  if (named?.length === 0) return { rows: [] };
  const models = db
    .selectFrom('models')
    .where(named === undefined ? isAskedFor(query) : sql<boolean>`models.name in (${sql.join(named)})`)
    .select(['models.id', 'models.name', 'models.versions'])
    .select((eb) =>
      eb
        .selectFrom('versions')
        .whereRef('versions.model_id', '=', 'models.id')
        .where('yanked_at', 'is', null)
        .where('deleted_at', 'is', null)
        .orderBy('prerelease')
        .orderBy('sort_key', 'desc')
        .limit(1)
        .select('versions.version')
        .as('latest'),
    )
    .select((eb) =>
      eb
        .selectFrom('events')
        .whereRef('events.model', '=', 'models.name')
        .where('events.version', 'is', null)
        .where('events.action', 'in', modelActions)
        .orderBy('events.seq', 'desc')
        .limit(1)
        .select('events.body')
        .as('said'),
    )
    .orderBy('models.name')
    .limit(limit + 1);
  const found = inOrder(await models.execute(), ({ name }) => name, { from: after, way: 'up' });
  const page = toPage(found, limit, (row) => row.name as ModelName);
  const rows: ModelSummary[] = [];
  for (const row of page.rows) {
    const pointers = await selectPointers(db, row.name as ModelName);
    const stages = pointers.flatMap(({ stage: held, version }) =>
      version === null ? [] : [{ stage: held, version }],
    );
    rows.push({
      name: row.name as ModelName,
      versions: row.versions,
      latest: storedVersionOrNull(row.latest),
      stages,
      ...modelFactsIn(row.said === null ? undefined : saidIn(row.said, row.name)),
    });
  }
  return { ...page, rows };
}

/** The parts of an event's body that say something about the model. */
function saidIn(body: string, name: string): Parameters<typeof modelFactsIn>[0] {
  const event = parseStored(body, `the description of ${name}`) as Partial<EventBody> | null;
  return { action: event?.action ?? 'model-describe', details: event?.details ?? {} };
}

/** A condition for a query of models. */
function isAskedFor({ after, prefix, stage }: Omit<ModelsQuery, 'limit' | 'pattern'>) {
  const conditions = [sql<boolean>`models.versions > 0`];
  if (after !== undefined) conditions.push(sql`models.name > ${after}`);
  // No name has a character above U+10FFFF.
  if (prefix) conditions.push(sql`models.name >= ${prefix} and models.name < ${`${prefix}\u{10ffff}`}`);
  if (stage !== undefined) {
    conditions.push(
      sql`models.id in (select model_id from pointers where stage = ${stage} and version_id is not null)`,
    );
  }
  return sql<boolean>`${sql.join(conditions, sql` and `)}`;
}

/** How many names are read at once. */
const slice = 1000;

/**
 * The names that match, at most one more than the limit. Only names are read for it, and only those
 * with the pattern's prefix.
 */
async function matchingNames(
  db: Db,
  { after, limit, pattern, stage }: ModelsQuery & { pattern: ModelPattern },
): Promise<ModelName[]> {
  const found: ModelName[] = [];
  let last = after;
  for (;;) {
    const range = { prefix: pattern.prefix, ...(last === undefined ? {} : { after: last }) };
    const rows = await db
      .selectFrom('models')
      .where(isAskedFor({ ...range, ...(stage === undefined ? {} : { stage }) }))
      .select('models.name')
      .orderBy('models.name')
      .limit(slice)
      .execute();
    for (const { name } of inOrder(rows, (row) => row.name, { from: last, way: 'up' })) {
      if (pattern.matches(name)) found.push(name as ModelName);
      if (found.length > limit) return found;
      last = name as ModelName;
    }
    if (rows.length < slice) return found;
  }
}

/**
 * The first digest and the next different one. An index finds both at once, however many versions
 * share a digest.
 */
export async function selectDigests(db: Db, name: ModelName, prefix: string): Promise<Digest[]> {
  const query = versionQuery(db, name)
    .where('digest', '<', `${prefix}~`)
    .where('deleted_at', 'is', null)
    .clearSelect()
    .select('digest')
    .orderBy('digest')
    .limit(1);
  const first = await query.where('digest', '>=', prefix).executeTakeFirst();
  if (first === undefined) return [];
  const second = await query.where('digest', '>', first.digest).executeTakeFirst();
  return [first, ...(second === undefined ? [] : [second])].map((row) => row.digest as Digest);
}
