import type { Kysely } from 'kysely';
import { MlregError } from '../../../core/errors.ts';
import { modelActions, modelFactsIn, type ModelFacts } from '../../../core/versions/model-facts.ts';
import type { Digest } from '../../../core/versions/artifact.ts';
import type { ModelName } from '../../../core/versions/reference.ts';
import type { Authorship } from '../../events.ts';
import type { DeleteModelOutcome, DescribeModelOutcome } from '../../versions.ts';
import { appendEvent, authored, selectEvents } from '../events/event-log.ts';
import { selectPointers } from '../stages/pointer-rows.ts';
import type { Tables } from '../tables.ts';
import { storedVersion } from './stored-version.ts';
import { tombstone } from './version-changes.ts';
import { versionQuery } from './version-rows.ts';

type Db = Kysely<Tables>;

/** The event members that no change of a model uses. */
const aboutModel = { version: null, stage: null, from: null, to: null } as const;

/** Only in the event log, as a policy is: the chain protects it, and no row could disagree. */
export async function selectModelFacts(db: Db, model: ModelName): Promise<ModelFacts> {
  const [event] = await selectEvents(db, { model, version: null, actions: modelActions, limit: 1 });
  return modelFactsIn(event);
}

/** The event holds both facts as they are now, so that the last one says everything. */
export async function describeModel(
  db: Db,
  input: Authorship & { name: ModelName; facts: Partial<ModelFacts> },
): Promise<DescribeModelOutcome> {
  const { name } = input;
  const row = await db.selectFrom('models').select('versions').where('name', '=', name).executeTakeFirst();
  if (row === undefined || row.versions === 0) {
    throw new MlregError('NOT_FOUND', `no version of ${name} is left; nothing was changed`, {
      hint: `mlreg register ${name} PATH`,
    });
  }
  const before = await selectModelFacts(db, name);
  const details = { ...before, ...input.facts };
  const facts = modelFactsIn({ action: 'model-describe', details });
  if (facts.description === before.description && facts.owner === before.owner)
    return { changed: false, facts };
  await appendEvent(db, {
    ...authored(input),
    action: 'model-describe',
    model: name,
    ...aboutModel,
    details: { ...facts },
  });
  return { changed: true, facts };
}

/** Marks all versions of a model as deleted, or none. */
export async function deleteModel(
  db: Db,
  input: Authorship & { name: ModelName },
): Promise<DeleteModelOutcome> {
  const { name } = input;
  const pointers = await selectPointers(db, name);
  const holders = pointers.flatMap(({ stage, version }) => (version === null ? [] : [{ stage, version }]));
  if (holders.length > 0) return { outcome: 'held', holders };
  const rows = await versionQuery(db, name)
    .clearSelect()
    .select(['versions.id', 'versions.model_id', 'versions.version', 'versions.digest'])
    .where('versions.deleted_at', 'is', null)
    .orderBy('versions.sort_key')
    .execute();
  if (rows.length === 0) return { outcome: 'gone' };
  const versions = [];
  for (const row of rows) {
    const version = storedVersion(row.version);
    await tombstone(db, input, { name, version, row });
    versions.push({ version, digest: row.digest as Digest });
  }
  const event = await appendEvent(db, {
    ...authored(input),
    action: 'model-delete',
    model: name,
    ...aboutModel,
    details: { versions: versions.length },
  });
  return { outcome: 'deleted', versions, event };
}
