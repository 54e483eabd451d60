import { currentMetadata, type Amendment } from '../core/amendment.ts';
import { MlregError } from '../core/errors.ts';
import { checkMetadata, type Metadata } from '../core/metadata.ts';
import type { ModelName } from '../core/model-name.ts';
import { formatReference, type Reference } from '../core/reference.ts';
import type { Version } from '../core/version.ts';
import { authorship, type Registry } from './registry.ts';
import { resolve } from './resolve.ts';

export interface DescribeInput {
  ref: Required<Reference>;
  amendment: Amendment;
  message?: string;
}

export interface DescribeResult {
  ref: string;
  name: ModelName;
  version: Version;
  changed: boolean;
  /** As it is now. */
  metadata: Metadata;
}

/**
 * Gives a version another description, or metrics that were measured later. What was given at registration stays on record, and every
 * value that was replaced in the history.
 */
export async function describe(
  registry: Registry,
  { ref, amendment, message }: DescribeInput,
): Promise<DescribeResult> {
  const { description, metrics } = amendment;
  if (description === undefined && metrics === undefined) {
    throw new MlregError('USAGE', 'neither a description nor a metric was given', {
      hint: 'mlreg describe NAME@VERSION "what it is", or --metric auc=0.93',
    });
  }
  checkMetadata(amendment, 'the description');
  const record = await resolve(registry, ref);
  const { name, version } = record;
  const { changed, amended } = await registry.metadata.amend({
    name,
    version,
    amendment,
    ...authorship(registry, message),
  });
  const metadata = currentMetadata({ ...record, amended });
  return { ref: formatReference(name, version), name, version, changed, metadata };
}
