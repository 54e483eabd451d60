import type { Registry } from '../../src/registry/registry.ts';
import type { BlobStore, StagedBlob } from '../../src/storage/blob-store.ts';

/** What goes on between two steps of a verb: `name` is the method that is called next. */
export type OnStep = (name: string) => Promise<void>;

/**
 * A registry that calls `onStep` before whatever a verb does to its stores, and after the last
 * thing that it did.
 */
export function everyStep(registry: Registry, onStep: OnStep): Registry {
  const stage: BlobStore['stage'] = async (...input) => {
    await onStep('stage');
    const staged: StagedBlob = await registry.blobs.stage(...input);
    return {
      ...staged,
      publish: async () => {
        await onStep('publish');
        return staged.publish();
      },
      discard: async () => {
        await onStep('discard');
        await staged.discard();
      },
    };
  };
  return {
    ...registry,
    blobs: { ...withSteps(registry.blobs, onStep), stage },
    metadata: withSteps(registry.metadata, onStep),
  };
}

function withSteps<Store extends object>(store: Store, onStep: OnStep): Store {
  const iterating = new Set(['list', 'read', 'trashed', 'close']);
  const entries = Object.entries(store).map(([name, method]: [string, unknown]) => {
    if (iterating.has(name) || typeof method !== 'function') return [name, method];
    const stepped = async (...input: unknown[]): Promise<unknown> => {
      await onStep(name);
      const call = method as (...all: unknown[]) => Promise<unknown>;
      return call(...input);
    };
    return [name, stepped];
  });
  return Object.fromEntries(entries) as Store;
}
