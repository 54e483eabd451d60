import type { VersionFacts } from '../core/versions/version-record.ts';
import { hashOfMembers } from './hash-chain.ts';

/**
 * SHA-256 of everything that never changes about a version, without null members (see
 * `hashOfMembers`).
 */
export function factsHash(record: VersionFacts): string {
  const { name, version, artifact, format, entry, onnx, metadata, identity, source } = record;
  const { executable, golden, parents, bump, bumpReason, previous, createdAt, actor } = record;
  return hashOfMembers({
    name,
    version,
    artifact,
    format,
    entry,
    onnx,
    executable,
    golden,
    metadata,
    identity,
    source,
    parents,
    bump,
    bumpReason,
    previous,
    createdAt,
    actor,
  });
}
