import { artifactConfig, artifactManifest, sortFiles } from '../../core/versions/artifact.ts';
import type { ModelComparison } from '../../core/versions/next-version.ts';
import type { Artifact, ArtifactFile } from '../../core/versions/version-record.ts';
import { contentKind, type ContentKind, type ContentKinds } from '../../files/content-kind.ts';
import { readSource } from '../../files/read-source.ts';
import type { SourceTree } from '../../files/scan-source.ts';
import type { StagedBlob } from '../../storage/blob-store.ts';
import type { NewVersion, RegisterOutcome } from '../../storage/versions.ts';
import { type OnProgress, type Registry, authorship } from '../registry.ts';
import type { Settled, StoreInput } from './register-result.ts';

/** An artifact whose bytes are copied in and hashed, but not published yet. */
export interface StagedArtifact {
  artifact: Artifact;
  /** The staged copy of each file, by the file's path in the artifact. */
  staged: Map<string, StagedBlob>;
  /** The kinds of the files, by their first bytes. */
  contents: ContentKinds;
  /**
   * Makes all of it durable. Returns the paths of files whose stored bytes were damaged and are now
   * repaired.
   */
  publish(): Promise<string[]>;
  discard(): Promise<void>;
}

/**
 * Copies a source in, reading its bytes once, and builds config and manifest. Leaves nothing behind
 * if it rejects.
 */
export function stageArtifact(
  registry: Registry,
  source: SourceTree,
  onProgress?: OnProgress,
): Promise<StagedArtifact> {
  const total = source.files.reduce((sum, file) => sum + file.size, 0);
  let done = 0;
  const count = (bytes: number): void => onProgress?.({ done: (done += bytes), total, what: 'copying' });
  return stageFiles(registry, filesOf(source, registry.signal), count);
}

async function* filesOf({ files }: SourceTree, signal: AbortSignal | undefined) {
  for (const file of files) yield { path: file.path, content: readSource(file, signal) };
}

/**
 * As `stageArtifact`, for files from anywhere; the content of each is read before the next is asked
 * for. The caller checks their paths.
 */
export async function stageFiles(
  registry: Registry,
  source: AsyncIterable<{ path: string; content: AsyncIterable<Uint8Array> }>,
  onBytes?: (count: number) => void,
): Promise<StagedArtifact> {
  const { blobs } = registry;
  const all: StagedBlob[] = [];
  const staged = new Map<string, StagedBlob>();
  const contents = new Map<string, ContentKind>();
  const discard = async (): Promise<void> => void (await Promise.all(all.map((blob) => blob.discard())));
  const keep = async (blob: Promise<StagedBlob>): Promise<StagedBlob> => {
    all.push(await blob);
    return blob;
  };
  try {
    for await (const { path, content } of source)
      staged.set(path, await keep(blobs.stage(noting(contents, path, content), onBytes)));
    const files = sortFiles(
      [...staged].map(([path, { digest, size }]): ArtifactFile => ({ path, digest, size })),
    );
    const config = await keep(blobs.stage(textContent(artifactConfig(files))));
    const configFacts = { digest: config.digest, size: config.size };
    const manifest = await keep(blobs.stage(textContent(artifactManifest(files, configFacts))));
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const artifact = { digest: manifest.digest, configDigest: config.digest, size, files };
    return { artifact, staged, contents, publish: () => publish(registry, all, staged), discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** Passes the bytes on, and notes what kind of content they are. */
export async function* noting(
  contents: Map<string, ContentKind>,
  path: string,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const chunk of bytes) {
    const kind = first ? contentKind(chunk) : undefined;
    if (kind !== undefined) contents.set(path, kind);
    first = false;
    yield chunk;
  }
}

async function publish(
  registry: Registry,
  all: StagedBlob[],
  staged: Map<string, StagedBlob>,
): Promise<string[]> {
  const repaired: string[] = [];
  for (const blob of all) {
    registry.signal?.throwIfAborted();
    const outcome = await blob.publish();
    if (outcome === 'repaired') {
      repaired.push([...staged].find(([, other]) => other === blob)?.[0] ?? 'manifest');
    }
  }
  // Sync existing blobs as well: another process may have stored them a moment ago and not synced
  // them yet.
  await registry.blobs.sync();
  return repaired;
}

async function* textContent(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

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
