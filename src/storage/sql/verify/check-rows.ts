import type { Kysely } from 'kysely';
import type { ModelName } from '../../../core/versions/reference.ts';
import { isMlregError } from '../../../core/errors.ts';
import type { Version } from '../../../core/versions/version.ts';
import { sha256Hex } from '../../hash-chain.ts';
import { checkMeasurements } from './check-measurements.ts';
import { checkRegistry } from './check-registry.ts';
import { checkStages } from './check-stages.ts';
import { checkOneVersion, checkVersions } from './check-versions.ts';
import { inOrder } from '../page.ts';
import type { Check, Report, RowProblem } from './row-problem.ts';
import { dialectOf } from '../dialect.ts';
import type { Tables } from '../tables.ts';

type Db = Kysely<Tables>;

const slice = 500;

const checks: readonly Check[] = [checkRegistry, checkBodies, checkVersions, checkStages, checkMeasurements];

/**
 * Compares every row with the event that recorded it, and looks for rows that events mention but
 * are missing. The caller verifies the chain itself, so a row that agrees with its event agrees
 * with the chain.
 */
export async function checkRows(db: Db): Promise<RowProblem[]> {
  const problems: RowProblem[] = [];
  // In a damaged row, the value that names the subject may not be text.
  const report = (subject: unknown, problem: string): void =>
    void problems.push({ subject: String(subject), problem });
  for (const check of [...dialectOf(db).checks, ...checks]) {
    try {
      await check(db, report);
    } catch (error) {
      if (!isMlregError(error, 'INTEGRITY')) throw error;
      // The next check may read other pages.
      if (!problems.some(({ problem }) => problem === error.message)) report('database', error.message);
    }
  }
  return problems;
}

/** As `checkRows`, for one version: compares its row, tags, parents and yank with their events. */
export async function checkVersion(
  db: Db,
  { name, version }: { name: ModelName; version: Version },
): Promise<RowProblem[]> {
  const problems: RowProblem[] = [];
  await checkOneVersion(db, name, version, (subject, problem) => void problems.push({ subject, problem }));
  return problems;
}

/**
 * Compares the text of every event with its hash. Verifying the chain does not cover that: it takes
 * some members from the columns beside the body instead.
 */
async function checkBodies(db: Db, report: Report): Promise<void> {
  for (let after = 0; ;) {
    const rows = await db
      .selectFrom('events')
      .select(['seq', 'body', 'hash'])
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(slice)
      .execute();
    if (rows.length === 0) return;
    for (const { seq, body, hash } of inOrder(rows, (row) => row.seq, { from: after, way: 'up' })) {
      after = seq;
      if (sha256Hex(body) !== hash) report(`event ${seq}`, 'its text does not match its hash');
    }
  }
}
