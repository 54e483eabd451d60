import { currentMetadata, type Amendment } from '../../core/versions/amendments.ts';
import { MlregError } from '../../core/errors.ts';
import { checkGiven, checkMetadata, type Metadata } from '../../core/metadata/metadata.ts';
import { type ModelName, formatReference, type Reference } from '../../core/versions/reference.ts';
import { quote, shellWord } from '../../core/text/quote.ts';
import type { Version } from '../../core/versions/version.ts';
import { authorship, type Registry } from '../registry.ts';
import { resolve } from '../resolve.ts';

export interface DescribeInput {
  ref: Required<Reference>;
  amendment: Amendment;
  /** Also replace metrics that were given at registration; then `message` must say why. */
  force?: boolean | undefined;
  message?: string;
}

export interface DescribeResult {
  ref: string;
  name: ModelName;
  version: Version;
  changed: boolean;
  /** The current metadata. */
  metadata: Metadata;
}

/**
 * Sets a version's description, or adds metrics that were measured later. What was given at
 * registration stays on record, and the history keeps every value that was replaced. CONFLICT for a
 * metric that was given at registration, unless forced: a gate may have judged it, so it must not
 * be replaced by accident.
 */
export async function describe(
  registry: Registry,
  { ref, amendment, force, message }: DescribeInput,
): Promise<DescribeResult> {
  const { description, metrics } = amendment;
  if (description === undefined && metrics === undefined) {
    throw new MlregError('USAGE', 'no description or metric given', {
      hint: 'mlreg describe NAME@VERSION "what it is", or --metric auc=0.93',
    });
  }
  if (force === true && (message ?? '').trim() === '') {
    throw new MlregError('USAGE', '--force needs a reason', {
      hint: '--force -m "why"',
    });
  }
  checkMetadata(amendment, 'the description');
  checkGiven(amendment, 'the description');
  const record = await resolve(registry, ref);
  const { name, version } = record;
  const done = await registry.metadata.amend({
    name,
    version,
    amendment,
    ...(force === true ? { force } : {}),
    ...authorship(registry, message),
  });
  if (done.outcome === 'registered') throw givenAtRegistration(formatReference(name, version), done.metrics);
  const metadata = currentMetadata({ ...record, amended: done.amended });
  const changed = done.outcome === 'amended';
  return { ref: formatReference(name, version), name, version, changed, metadata };
}

function givenAtRegistration(
  ref: string,
  metrics: { metric: string; value: number; asked: number }[],
): MlregError {
  const named = metrics.map(({ metric, value }) => `${quote(metric)} (now ${value})`).join(', ');
  const flags = metrics.map(({ metric, asked }) => `--metric ${shellWord(`${metric}=${asked}`)}`).join(' ');
  const them = metrics.length === 1 ? 'a metric' : 'metrics';
  return new MlregError(
    'CONFLICT',
    `refusing to replace ${them} given at the registration of ${ref}: ${named}; nothing was changed`,
    { hint: `if it was wrong: mlreg describe ${ref} ${flags} --force -m "why"` },
  );
}
