import { canonicalJson } from '../../../core/json/canonical.ts';
import type { Digest } from '../../../core/versions/artifact.ts';
import { MlregError } from '../../../core/errors.ts';
import { formatReference } from '../../../core/versions/reference.ts';
import type { Artifact } from '../../../core/versions/version-record.ts';
import { checkGoldenSet } from '../../../onnx/golden/golden-set.ts';
import { latestDigestVersion } from '../../../onnx/graph/graph-digest.ts';
import type { StagedBlob } from '../../../storage/blob-store.ts';
import type { ForeignVersion } from '../../../storage/versions.ts';
import { inspectArtifact } from '../../register/inspect-artifact.ts';

/**
 * Reads the staged copies of a version's ONNX file and golden sets, as registering does.
 * INVALID_INPUT if they are not valid, or if the facts about the model do not match its file.
 */
export function checkContent(
  { facts, addedGolden }: Pick<ForeignVersion, 'facts' | 'addedGolden'>,
  staged: ReadonlyMap<Digest, StagedBlob>,
): void {
  const { artifact, entry, onnx, golden } = facts;
  const ref = formatReference(facts.name, facts.version);
  if (entry !== null) {
    // An older registry recorded less about its models; what it did record must still be true.
    const digestVersion = onnx?.graphDigestVersion === undefined ? 1 : latestDigestVersion;
    const found = inspectArtifact(stagedFiles(artifact, staged), { kind: 'folder', entry, digestVersion });
    if (canonicalJson(found.onnx ?? {}) !== canonicalJson(onnx ?? {})) {
      throw new MlregError(
        'INVALID_INPUT',
        `the export describes ${ref} differently from its file ${entry}`,
        {
          hint: 'export the version again, with this version of mlreg',
        },
      );
    }
  }
  const sets = [...(golden === null ? [] : [golden]), ...addedGolden];
  if (sets.length > 0 && onnx === null) {
    throw new MlregError('INVALID_INPUT', `${ref} in the export has a golden set but is not an ONNX model`, {
      hint: 'export the version again',
    });
  }
  if (onnx === null) return;
  for (const set of sets) {
    const paths = [...stagedFiles(set, staged)].map(([path, blob]) => [path, blob.path] as const);
    checkGoldenSet(new Map(paths), onnx.signature);
  }
}

function stagedFiles({ files }: Artifact, staged: ReadonlyMap<Digest, StagedBlob>): Map<string, StagedBlob> {
  return new Map(
    files.flatMap(({ path, digest }) => {
      const blob = staged.get(digest);
      return blob === undefined ? [] : [[path, blob] as const];
    }),
  );
}
