import { isIP } from 'node:net';

/** Whether only this machine reaches an address. Other names than `localhost` are not looked up. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === 'localhost' || name === '::1') return true;
  const mapped = name.startsWith('::ffff:') ? name.slice('::ffff:'.length) : name;
  return isIP(mapped) === 4 && mapped.startsWith('127.');
}

/**
 * The name in a `Host` header or the rest of an origin, in lower case and without its port; an IPv6
 * address without its brackets. Undefined: it is malformed.
 */
export function hostName(header: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^[\]:/@\s]+))(?::\d{0,5})?$/i.exec(header) ?? [];
  return (bracketed ?? plain)?.toLowerCase().replace(/\.$/, '');
}

/**
 * Whether a name in a `Host` header cannot have been made to lead here by a stranger's DNS: an
 * address, a name that always means this machine (RFC 6761), or one without a dot, such as that of a
 * container, which no public zone has.
 */
export function isSafeName(name: string): boolean {
  return isIP(name) !== 0 || !name.includes('.') || name.endsWith('.localhost');
}
