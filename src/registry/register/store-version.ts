import type { ModelComparison } from '../../core/versions/next-version.ts';
import type { NewVersion, RegisterOutcome } from '../../storage/versions.ts';
import type { Settled, StoreInput } from './register-result.ts';
import { authorship, type Registry } from '../registry.ts';
import type { StagedArtifact } from './stage-artifact.ts';

export type Facts = NewVersion['facts'];
/**
 * Publishes the staged bytes, then stores the row that needs them, and returns which stored bytes
 * were repaired. Durable when it resolves.
 */
export async function storeVersion(
  registry: Registry,
  input: StoreInput,
  all: readonly StagedArtifact[],
  facts: Facts,
  files: StagedArtifact['staged'],
): Promise<{ outcome: Settled; repaired: string[] }> {
  for (;;) {
    const collections = await registry.metadata.collections();
    const repaired: string[] = [];
    for (const artifact of all) repaired.push(...(await artifact.publish()));
    registry.signal?.throwIfAborted();
    const outcome = await storeRow(registry, input, facts, files, collections);
    // A collector ran in between and may have taken a blob that already existed; the staged copies
    // still have the bytes.
    if (outcome.outcome !== 'collected') return { outcome, repaired };
  }
}

/**
 * If choosing the number requires reading stored bytes, reads them and tries again: meanwhile
 * another version may have become the highest.
 */
async function storeRow(
  registry: Registry,
  { number, ifExists, message }: StoreInput,
  facts: Facts,
  files: StagedArtifact['staged'],
  ifCollections: number,
): Promise<Exclude<RegisterOutcome, { outcome: 'look' }>> {
  let compared: ModelComparison | undefined;
  for (;;) {
    registry.signal?.throwIfAborted();
    const outcome = await registry.metadata.register({
      facts,
      number,
      ifExists: ifExists === 'new' ? 'new' : 'reuse',
      ifCollections,
      ...(compared === undefined ? {} : { compared }),
      ...authorship(registry, message),
    });
    if (outcome.outcome !== 'look') return outcome;
    const { compareWithStored } = await import('./stored-model.ts');
    compared = await compareWithStored(registry, outcome.at, facts, files);
  }
}
