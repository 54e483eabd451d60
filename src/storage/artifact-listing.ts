import { artifactConfig, artifactManifest } from '../core/versions/artifact.ts';
import type { Artifact } from '../core/versions/version-record.ts';
import { sha256Hex } from './hash-chain.ts';

/** The config and the manifest that are stored with an artifact, made from its rows. */
export function listingTexts({ files, configDigest }: Artifact): { config: string; manifest: string } {
  const config = artifactConfig(files);
  const facts = { digest: configDigest, size: new TextEncoder().encode(config).length };
  return { config, manifest: artifactManifest(files, facts) };
}

/** Whether an artifact's rows list the files that its digest stands for. */
export function isListingSound(artifact: Artifact): boolean {
  const { config, manifest } = listingTexts(artifact);
  return (
    `sha256:${sha256Hex(config)}` === artifact.configDigest &&
    `sha256:${sha256Hex(manifest)}` === artifact.digest
  );
}
