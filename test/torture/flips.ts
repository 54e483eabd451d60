import Database from 'better-sqlite3';
import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMlregError } from '../../src/core/errors.ts';
import { parseExplicitReference, parseStageName } from '../../src/core/versions/reference.ts';
import { seededRandom } from '../../src/core/seeded-random.ts';
import { createRegistry, openRegistry } from '../../src/open-registry.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { rollback } from '../../src/registry/stages/rollback.ts';
import { tag } from '../../src/registry/versions/tag.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { yank } from '../../src/registry/versions/yank.ts';
import { fixture } from '../support/temp-folder.ts';
import { add, openOptions } from '../support/temp-registry.ts';

export interface FlipSummary {
  blobs: { flips: number; found: number };
  /**
   * `unused`: bits of the database that nothing reads: all tables are the same with them turned.
   * Drawn again, not counted as flips.
   */
  database: { flips: number; found: number; unused: number };
  /** Where and which bit, of those that were not found. */
  missed: string[];
}

/** Turns one bit at a time, in a blob or in the database, and looks whether verify finds it. */
export async function flipping(
  folder: string,
  { flips, seed, onProgress }: { flips: number; seed: number; onProgress?: (done: number) => void },
): Promise<FlipSummary> {
  const home = join(folder, 'registry');
  await fill(home);
  const blobs = join(home, 'blobs', 'sha256');
  const names = readdirSync(blobs).map((name) => join(blobs, name));
  const database = join(home, 'mlreg.db');
  const random = seededRandom(seed, 'flips');
  const summary: FlipSummary = {
    blobs: { flips: 0, found: 0 },
    database: { flips: 0, found: 0, unused: 0 },
    missed: [],
  };
  const before = dump(database);
  while (summary.blobs.flips + summary.database.flips < flips) {
    const inDatabase = (summary.blobs.flips + summary.database.flips) % 2 === 1;
    const path = inDatabase ? database : (names[random() % names.length] ?? '');
    const position = random() % statSync(path).size;
    const bit = random() % 8;
    const whole = readFileSync(path);
    const damaged = Buffer.from(whole);
    damaged[position] = (damaged[position] ?? 0) ^ (1 << bit);
    overwrite(path, damaged);
    if (inDatabase && dump(database) === before && (await findBy(home)) === 'nothing') {
      summary.database.unused += 1;
      overwrite(path, whole);
      continue;
    }
    const kind = inDatabase ? summary.database : summary.blobs;
    kind.flips += 1;
    overwrite(path, damaged);
    const by = await findBy(home);
    if (by === 'verify') kind.found += 1;
    else summary.missed.push(`bit ${bit} of byte ${position} of ${path.slice(home.length + 1)}: ${by}`);
    overwrite(path, whole);
    onProgress?.(summary.blobs.flips + summary.database.flips);
  }
  return summary;
}

/** A registry in which there is something of everything. */
async function fill(home: string): Promise<void> {
  const { registry } = await createRegistry(home, openOptions());
  const production = parseStageName('production');
  const staging = parseStageName('staging');
  for (const [index, model] of ['digits_mlp', 'digits_mlp_retrained', 'digits_mlp_v2'].entries()) {
    await add(registry, 'digits', fixture(`${model}/model.onnx`), {
      metadata: {
        metrics: { accuracy: 0.9 + index / 100 },
        params: { solver: 'adam' },
        tags: { team: 'vision' },
      },
    });
  }
  for (const version of ['1.0.0', '1.0.1', '1.1.0']) {
    const ref = parseExplicitReference(`digits@${version}`);
    await promote(registry, { ref, stage: production });
    await tag(registry, { ref, set: { seen: version }, remove: [] });
  }
  await promote(registry, { ref: parseExplicitReference('digits@1.0.1'), stage: staging });
  const name = parseExplicitReference('digits@1.0.0').name;
  await rollback(registry, { name, stage: production, back: { steps: 1 } });
  await yank(registry, { ref: parseExplicitReference('digits@1.1.0'), reason: 'unfit' });
  await registry.close();
}

/** `verify`, or the reason why it was not found: nothing noticed, or a bug came to light. */
async function findBy(home: string): Promise<string> {
  try {
    const registry = await openRegistry(home, openOptions());
    try {
      return (await verify(registry, {})).ok ? 'nothing' : 'verify';
    } finally {
      await registry.close();
    }
  } catch (error) {
    return isMlregError(error) ? 'verify' : `${(error as Error).stack}`;
  }
}

function overwrite(path: string, bytes: Buffer): void {
  const { mode } = statSync(path);
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
  chmodSync(path, mode);
  // What an open left beside the damaged database is not of this one.
  for (const beside of ['-wal', '-shm']) rmSync(`${path}${beside}`, { force: true });
}

/** A digest of all that the tables hold, and of what they are; null where it cannot be read. */
function dump(path: string): string | null {
  const hash = createHash('sha256');
  try {
    const database = new Database(path, { readonly: true });
    try {
      const tables = database.prepare('SELECT * FROM sqlite_schema ORDER BY name').all() as {
        name: string;
        type: string;
      }[];
      hash.update(JSON.stringify(tables));
      for (const name of ['user_version', 'application_id', 'encoding'])
        hash.update(JSON.stringify(database.pragma(name)));
      for (const { name, type } of tables) {
        if (type !== 'table') continue;
        const statement = database
          .prepare(`SELECT *, quote(rowid) FROM "${name}" ORDER BY rowid`)
          .raw()
          .safeIntegers();
        for (const row of statement.iterate())
          hash.update(
            JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)),
          );
      }
      return hash.digest('hex');
    } finally {
      database.close();
    }
  } catch {
    return null;
  }
}
