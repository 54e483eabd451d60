import { Refusal } from '../engine/refusal.ts';
import type { BodyRequest } from './body-request.ts';
import { maxHeaders } from './http-server.ts';

const absoluteForm = /^https?:\/\/([^/?#]*)([^#]*)/i;

/**
 * `GET http://host/v2`, as clients ask that take the server for a proxy. As RFC 9112, section 3.2.2,
 * wants it, the target's host is then the host of the request, whatever `Host` says. False: it names a
 * user, or no host.
 */
export function readAbsolute(request: BodyRequest): boolean {
  const [, authority, rest = ''] = absoluteForm.exec(request.url ?? '') ?? [];
  if (authority === undefined) return true;
  request.url = rest.startsWith('/') ? rest : `/${rest}`;
  if (request.headers.host !== undefined) request.headers.host = authority;
  return authority !== '' && !authority.includes('@');
}

/** Throws a `Refusal` for a head that Node takes, but that others might read in another way. */
export function refuseHead({ rawHeaders, headers, httpVersion }: BodyRequest, absolute: boolean): void {
  if (!absolute) throw new Refusal(400, 'the target of the request must be a path, or http://HOST/PATH');
  if (rawHeaders.length > 2 * maxHeaders)
    throw new Refusal(431, `the request has more than ${maxHeaders} headers`);
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    throw new Refusal(501, 'the only Transfer-Encoding that is supported is chunked');
  if (headers.host === undefined && httpVersion === '1.1')
    throw new Refusal(400, 'the request has no header Host');
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === 'host') hosts++;
  if (hosts > 1) throw new Refusal(400, 'the request has more than one header Host');
}
