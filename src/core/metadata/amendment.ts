import type { Metadata } from './metadata.ts';

/**
 * What `describe` changed about a version: it replaces, or adds to, what was given at registration.
 */
export interface Amendment {
  /** Empty: the description was removed. */
  description?: string;
  metrics?: Record<string, number>;
}

/** Merges a later amendment into an earlier one; for a metric in both, the later value counts. */
export function amend(before: Amendment | null, { description, metrics }: Amendment): Amendment {
  const all = { ...before?.metrics, ...metrics };
  const text = description ?? before?.description;
  return {
    ...(text === undefined ? {} : { description: text }),
    ...(Object.keys(all).length === 0 ? {} : { metrics: all }),
  };
}

/**
 * The current metadata: as given at registration, with the later changes by `describe` and `tag`.
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
