import { createHash } from 'node:crypto';
import { digestOf } from '../core/digest.ts';
import { artifactConfig, artifactManifest, sortFiles } from '../core/manifest.ts';
import type { ArtifactFile } from '../core/version-record.ts';
import { readSource } from './read-source.ts';
import { scanSource } from './scan-source.ts';

/**
 * The hash of a data set, without storing it: the SHA-256 of a file, the manifest digest of a folder (what registering
 * the folder would give). `size` in bytes.
 */
export async function hashData(
  location: string,
  signal?: AbortSignal,
): Promise<{ hash: string; size: number }> {
  const source = await scanSource(location);
  const files: ArtifactFile[] = [];
  for (const file of source.files) {
    const hash = createHash('sha256');
    for await (const chunk of readSource(file, signal)) hash.update(chunk);
    files.push({ path: file.path, digest: digestOf(hash.digest('hex')), size: file.size });
  }
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (source.kind === 'file') return { hash: files[0]?.digest ?? '', size };
  const sorted = sortFiles(files);
  const config = artifactConfig(sorted);
  const configFacts = { digest: sha256(config), size: new TextEncoder().encode(config).length };
  return { hash: sha256(artifactManifest(sorted, configFacts)), size };
}

function sha256(text: string): ReturnType<typeof digestOf> {
  return digestOf(createHash('sha256').update(text).digest('hex'));
}
