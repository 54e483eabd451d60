import type { Kysely } from 'kysely';
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

/** Models by name, each with its latest version and what its stages point at. */
export async function selectModels(
  db: Db,
  query: { after?: ModelName; prefix?: string; limit: number; stage?: StageName },
): Promise<Page<ModelSummary, ModelName>> {
  const { after, prefix, limit, stage } = query;
  let models = db
    .selectFrom('models')
    .where('models.versions', '>', 0)
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
  if (after !== undefined) models = models.where('models.name', '>', after);
  // No name has a character above U+10FFFF.
  if (prefix)
    models = models.where('models.name', '>=', prefix).where('models.name', '<', `${prefix}\u{10ffff}`);
  if (stage !== undefined) {
    const holding = db
      .selectFrom('pointers')
      .select('model_id')
      .where('stage', '=', stage)
      .where('version_id', 'is not', null);
    models = models.where('models.id', 'in', holding);
  }
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
