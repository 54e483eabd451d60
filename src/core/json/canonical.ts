import canonicalize from 'canonicalize';

/**
 * JSON with one spelling per value (RFC 8785): what is hashed, and what rows hold. Undefined
 * members are left out.
 */
export function canonicalJson(value: object): string {
  return canonicalize(value) as string;
}
