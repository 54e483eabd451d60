import canonicalize from 'canonicalize';

/**
 * JSON with exactly one spelling per value (RFC 8785), for hashes and for rows. Undefined members
 * are omitted.
 */
export function canonicalJson(value: object): string {
  return canonicalize(value) as string;
}
