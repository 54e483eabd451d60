/**
 * Registers, promotes, rolls back, deletes and collects garbage, in a process of its own; without a
 * number of turns it does so until it is killed:
 *
 *     node worker.ts HOME FOLDER SEED [TURNS]
 *
 * Before each step it prints `step NAME`; when a change is acknowledged, `ack JSON`. Both go out at
 * once, so that the reader knows where the process was when it died.
 */
import { writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isMlregError } from '../../src/core/errors.ts';
import { parseModelName, parseExplicitReference, parseStageName } from '../../src/core/versions/reference.ts';
import { seededRandom } from '../../src/core/seeded-random.ts';
import { openRegistry } from '../../src/open-registry.ts';
import { collectGarbage } from '../../src/registry/maintain/collect-garbage.ts';
import { deleteVersion } from '../../src/registry/versions/delete-version.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { register } from '../../src/registry/register/register.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { rollback } from '../../src/registry/stages/rollback.ts';

const [, , home = '', folder = '', seed = '1', turns] = process.argv;
const models = turns === undefined ? 4 : 1;
const last = turns === undefined ? Number.POSITIVE_INFINITY : Number(turns);

/** What was acknowledged. */
export type Ack =
  | { kind: 'version'; name: string; version: string; digest: string }
  | { kind: 'event'; seq: number; hash: string };

const step = (name: string): void => void writeSync(1, `step ${name}\n`);
const acknowledge = (ack: Ack): void => void writeSync(1, `ack ${JSON.stringify(ack)}\n`);

/** The same registry, which says what it is about to do. */
function announced(registry: Registry): Registry {
  const { blobs, metadata } = registry;
  return {
    ...registry,
    blobs: {
      ...blobs,
      async stage(content, onBytes) {
        step('copy');
        const blob = await blobs.stage(content, onBytes);
        return {
          ...blob,
          async publish() {
            step('publish');
            return blob.publish();
          },
          async discard() {
            step('discard');
            return blob.discard();
          },
        };
      },
      async moveToTrash(digest, unwantedSince) {
        step('take a blob out');
        return blobs.moveToTrash(digest, unwantedSince);
      },
      async sync() {
        step('sync');
        return blobs.sync();
      },
    },
    metadata: {
      ...metadata,
      async beginCollection(input) {
        step('begin a collection');
        return metadata.beginCollection(input);
      },
      async endCollection(input) {
        step('end a collection');
        return metadata.endCollection(input);
      },
      async register(input) {
        step('commit a version');
        return metadata.register(input);
      },
      async move(input) {
        step('commit a move');
        return metadata.move(input);
      },
    },
  };
}

const registry = announced(
  await openRegistry(home, { actor: `worker ${process.pid}`, waitMs: 60_000, now: Date.now }),
);
const random = seededRandom(Number(seed), 'torture');
const stage = parseStageName('production');
for (let turn = 0; turn < last; turn += 1) {
  const name = parseModelName(`model-${random() % models}`);
  const path = join(folder, `${process.pid}.bin`);
  // One in eight was there before, so that bytes that are stored already are published over.
  const common = turns === undefined && turn % 8 === 7;
  writeFileSync(path, common ? `common ${random() % 4}` : `${seed} ${turn} `.repeat(1 + (random() % 4000)));
  const { version, digest, ref } = await register(registry, {
    name,
    path,
    number: { kind: 'auto' },
    metadata: {},
    ifExists: 'reuse',
  });
  acknowledge({ kind: 'version', name, version, digest });
  try {
    const moved =
      turn % 3 === 2
        ? await rollback(registry, { name, stage, back: { steps: 1 } })
        : await promote(registry, { ref: parseExplicitReference(ref), stage });
    const { event } = moved;
    if (event !== null) acknowledge({ kind: 'event', seq: event.seq, hash: event.hash });
  } catch (error) {
    // There may be nobody to roll back to.
    if (!isMlregError(error, 'CONFLICT')) throw error;
  }
  if (turns === undefined && turn % 3 === 2) await collect(ref);
}
await registry.close();

/** Deletes the version, unless it is held, and takes out all that is not needed now. */
async function collect(ref: string): Promise<void> {
  try {
    await deleteVersion(registry, { ref: parseExplicitReference(ref) });
  } catch (error) {
    if (!isMlregError(error, 'CONFLICT')) throw error;
  }
  await collectGarbage(registry, { olderThanMs: 0, yes: true });
}
