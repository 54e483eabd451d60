import { join } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import { shellWord } from '../../core/text/quote.ts';
import { goldenSetsOf, mostGoldenSets } from '../../core/versions/golden-sets.ts';
import { formatReference, type Reference } from '../../core/versions/reference.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import type { AddGoldenOutcome } from '../../storage/versions.ts';
import { checkListing } from '../check-bytes.ts';
import { authorship, refuseLostHistory, type Registry } from '../registry.ts';
import { requireOnnx, resolve } from '../resolve.ts';
import { withVerifiedCopies } from '../verified-copies.ts';
import { stageGolden, type StagedGolden } from './stage-golden.ts';
import type { AddGoldenResult, GoldenTrial } from './golden-result.ts';
import { tryGolden, warnOfTrial } from './try-golden.ts';

export interface AddGoldenInput {
  ref: Required<Reference>;
  /** A golden set on disk. */
  path: string;
  /** Add it even if the version does not pass it; then `message` must say why. */
  force?: boolean | undefined;
  message?: string | undefined;
}

/**
 * Adds a golden set to a version, which keeps its number and digest. The set is tried first:
 * GATE_FAILED, and nothing changed, if the version does not pass it and `force` is not set, because
 * a set is never removed. INVALID_INPUT for a version that is not an ONNX model, and for a golden
 * set that is malformed or does not fit it.
 */
export async function addGolden(
  registry: Registry,
  { ref, path, force, message }: AddGoldenInput,
): Promise<AddGoldenResult> {
  if (force === true && (message ?? '').trim() === '')
    throw new MlregError('USAGE', '--force needs a reason', { hint: '--force -m "why"' });
  // Before anything is copied: the row would be refused at the end.
  await refuseLostHistory(registry);
  const record = await resolve(registry, ref);
  const { signature } = requireOnnx(record);
  const golden = await stageGolden(registry, path, signature);
  try {
    const known = goldenSetsOf(record).find(({ artifact }) => artifact.digest === golden.artifact.digest);
    if (known !== undefined)
      return resultOf(record, golden, { changed: false, self: known.self, trial: null });
    const trial = await tryOn(registry, record, golden);
    if (force !== true && trial.verdict !== 'pass' && trial.verdict !== null)
      throw notPassed(record, path, trial);
    const outcome = await storeGolden(registry, record, golden, { self: false, message });
    return resultOf(outcome.version, golden, {
      changed: outcome.outcome === 'added',
      self: outcome.outcome === 'exists' && outcome.set.self,
      trial: outcome.outcome === 'added' ? trial : null,
    });
  } finally {
    await golden.discard();
  }
}

/** Runs the version on a golden set that is copied in. */
export async function tryOn(
  registry: Registry,
  record: VersionRecord,
  golden: StagedGolden,
  times = 1,
): Promise<GoldenTrial> {
  const { entry, signature } = requireOnnx(record);
  return withVerifiedCopies(registry, 'golden', async (copies) => {
    checkListing(record);
    const modelFile = join(await copies.model(record), entry);
    const model = { modelFile, modelBytes: record.artifact.size, signature, signal: registry.signal };
    return tryGolden(model, golden, times);
  });
}

/** Publishes the bytes, then stores the row that needs them. */
export async function storeGolden(
  registry: Registry,
  { name, version }: VersionRecord,
  golden: StagedGolden,
  { self, message }: { self: boolean; message?: string | undefined },
): Promise<Extract<AddGoldenOutcome, { version: VersionRecord }>> {
  for (;;) {
    const collections = await registry.metadata.collections();
    await golden.publish();
    registry.signal?.throwIfAborted();
    const outcome = await registry.metadata.addGolden({
      name,
      version,
      artifact: golden.artifact,
      self,
      cases: golden.cases.length,
      ifCollections: collections,
      ...authorship(registry, message),
    });
    // A collector ran in between and may have taken a blob that already existed; the staged copies
    // still have the bytes.
    if (outcome.outcome === 'collected') continue;
    if (outcome.outcome !== 'full') return outcome;
    const ref = formatReference(name, version);
    throw new MlregError('CONFLICT', `${ref} has ${mostGoldenSets} golden sets, which is the limit`, {
      hint: 'put more cases into one set, and register a new version with it',
      details: { ref },
    });
  }
}

export function resultOf(
  record: VersionRecord,
  { artifact, cases, warnings: found }: StagedGolden,
  { changed, self, trial }: Pick<AddGoldenResult, 'changed' | 'trial'> & { self: boolean },
): AddGoldenResult {
  const ref = formatReference(record.name, record.version);
  const warnings = [...found, ...(trial === null ? [] : warnOfTrial(ref, trial))];
  return {
    ref,
    name: record.name,
    version: record.version,
    changed,
    golden: { digest: artifact.digest, files: artifact.files.length, cases: cases.length, self },
    sets: goldenSetsOf(record).length,
    trial,
    warnings,
  };
}

function notPassed({ name, version }: VersionRecord, path: string, trial: GoldenTrial): MlregError {
  const ref = formatReference(name, version);
  return new MlregError(
    'GATE_FAILED',
    `${ref} does not pass this golden set, and a set cannot be removed later: ${trial.reason}; nothing was changed`,
    {
      hint: `see every output with mlreg test ${ref} --against ${shellWord(path)}; to add it all the same: --force -m WHY`,
      details: { ref, trial },
    },
  );
}
