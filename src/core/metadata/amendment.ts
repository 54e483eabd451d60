import type { Metadata } from './metadata.ts';

/**
 * What `describe` said of a version: it stands in place of, or beside, what was given at
 * registration.
 */
export interface Amendment {
  /** Empty: the version has no description any more. */
  description?: string;
  metrics?: Record<string, number>;
}

/**
 * A later amendment on top of an earlier one; of two values for one metric the later one counts.
 */
export function amend(before: Amendment | null, { description, metrics }: Amendment): Amendment {
  const all = { ...before?.metrics, ...metrics };
  const text = description ?? before?.description;
  return {
    ...(text === undefined ? {} : { description: text }),
    ...(Object.keys(all).length === 0 ? {} : { metrics: all }),
  };
}

/**
 * The metadata as it is now: what was given at registration, with what `describe` and `tag` changed
 * since.
 */
export function currentMetadata({
  metadata,
  amended,
  tags,
}: {
  metadata: Metadata;
  amended: Amendment | null;
  tags: Record<string, string>;
}): Metadata {
  const { metrics, description, tags: _given, ...rest } = metadata;
  const measured = { ...metrics, ...amended?.metrics };
  const text = amended?.description ?? description;
  return {
    ...(Object.keys(measured).length === 0 ? {} : { metrics: measured }),
    ...rest,
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    ...(text === undefined || text === '' ? {} : { description: text }),
  };
}
