import { MlregError } from '../../core/errors.ts';
import { Refusal, shown } from '../engine/refusal.ts';
import { hostName, isLoopback, isSafeName } from './local-names.ts';
import { readTokenFile } from './token-file.ts';

export interface GuardInput {
  /** The address to listen on. */
  host: string;
  /** Instead of it, a socket in the file system, which only this user may use. */
  socket?: string | undefined;
  /** A file of tokens (see `readTokenFile`); with it, every request needs one of them. */
  tokenFile?: string | undefined;
  /** Whether everybody who reaches the address may ask. */
  allowAnonymous?: boolean | undefined;
  /** Names that `Host` and `Origin` may have besides those of this machine. */
  allowedHosts?: readonly string[] | undefined;
}

/** What the guard looks at: headers of HTTP/1; of HTTP/2, `host` is `:authority`. */
export interface Credentials {
  authorization?: string | undefined;
  host?: string | undefined;
  origin?: string | undefined;
}

/** Decides who may ask, for every protocol. */
export interface Guard {
  /** Whether a request needs a token. */
  readonly needsToken: boolean;
  /**
   * The name of the request's token; null: none is needed. Throws a `Refusal`: 401 without a valid
   * token, 403 for a page of another site. Not to be asked for health paths, which are open.
   */
  admit: (credentials: Credentials) => string | null;
  /** Reads the tokens again. Rejects as `openGuard`, and then the old ones stay. */
  reload: () => Promise<void>;
}

/**
 * USAGE for an address that others reach, without tokens and without `allowAnonymous`; rejects as
 * `readTokenFile`.
 */
export async function openGuard(input: GuardInput): Promise<Guard> {
  const { host, socket, tokenFile, allowAnonymous = false } = input;
  const allowed = new Set(input.allowedHosts?.map((name) => name.toLowerCase()));
  if (tokenFile !== undefined) return guardByTokens(tokenFile, allowed);
  if (socket !== undefined) return openToAll;
  const local = isLoopback(host);
  if (!local && !allowAnonymous)
    throw new MlregError('USAGE', `without tokens, everybody who reaches ${host} could use the models`, {
      hint: 'add --token-file FILE with one line for each client, NAME TOKEN, or --allow-anonymous to serve them to everybody',
    });
  return guardAgainstPages(local, allowed);
}

/** No page of a browser reaches a socket in the file system. */
const openToAll: Guard = { needsToken: false, admit: () => null, reload: () => Promise.resolve() };

async function guardByTokens(path: string, allowed: ReadonlySet<string>): Promise<Guard> {
  let tokens = await readTokenFile(path);
  return {
    needsToken: true,
    admit({ authorization, host, origin }) {
      if (authorization === undefined)
        throw new Refusal(401, 'this server needs a token: send the header Authorization: Bearer TOKEN');
      const [, scheme = '', given = ''] = /^(bearer|basic) +(\S+) *$/i.exec(authorization) ?? [];
      if (given === '') throw new Refusal(401, 'the header Authorization must be: Bearer TOKEN');
      const isBasic = scheme.toLowerCase() === 'basic';
      // A browser sends a password that it knows with the requests of any page.
      if (isBasic) refuseForeignPage(origin, host, allowed);
      const token = isBasic ? passwordOf(given) : given;
      const name = tokens.nameOf(token);
      if (name === undefined) throw new Refusal(401, 'the token is not valid');
      return name;
    },
    async reload() {
      tokens = await readTokenFile(path);
    },
  };
}

/**
 * Without tokens, a page of any site that the user of this machine visits could ask: its requests
 * come from here. A browser says so by `Origin`; and a page whose own name was made to lead here (DNS
 * rebinding) has that name in `Host`.
 */
function guardAgainstPages(local: boolean, names: ReadonlySet<string>): Guard {
  /** Most requests come to the same host as the one before. */
  let lastHost: string | undefined;
  return {
    needsToken: false,
    admit({ host, origin }) {
      refuseForeignPage(origin, host, names);
      if (!local || host === undefined || host === lastHost) return null;
      const name = hostName(host);
      if (name !== undefined && (isSafeName(name) || names.has(name))) {
        lastHost = host;
        return null;
      }
      throw new Refusal(
        403,
        `this server does not answer to the host ${shown(host)}: use localhost or 127.0.0.1, or start it with --allow-host NAME`,
      );
    },
    reload: () => Promise.resolve(),
  };
}

/** The token that a browser sends as the password of any user: RFC 7617. */
function passwordOf(encoded: string): string {
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}

function refuseForeignPage(
  origin: string | undefined,
  host: string | undefined,
  names: ReadonlySet<string>,
): void {
  if (origin === undefined || isOwnOrigin(origin, host, names)) return;
  throw new Refusal(
    403,
    `pages of ${shown(origin)} may not use this server; if it is yours: --allow-host NAME`,
  );
}

function isOwnOrigin(origin: string, host: string | undefined, names: ReadonlySet<string>): boolean {
  const [, rest = ''] = /^https?:\/\/(.+)$/i.exec(origin) ?? [];
  if (rest === '') return false;
  if (rest.toLowerCase() === host?.toLowerCase()) return true;
  const name = hostName(rest);
  return name !== undefined && names.has(name);
}
