import { hash, timingSafeEqual } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { readText } from '../../files/read-text.ts';

/** Who may ask, by the hashes of their tokens. */
export interface TokenList {
  /** The name of a token; undefined: the token is not in the list. Takes the same time for each token. */
  nameOf: (token: string) => string | undefined;
  /** How many tokens there are. */
  count: number;
}

interface Entry {
  name: string;
  /** SHA-256 of the token. */
  digest: Buffer;
}

const mostBytes = 1 << 20;
/** Each request is compared with each of them. */
const mostTokens = 1000;
/** A shorter token can be guessed. */
const shortest = 16;

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;
/** The characters of a bearer token: RFC 6750, section 2.1. */
const tokenPattern = /^[A-Za-z0-9._~+/-]+=*$/;
const hashPattern = /^sha256:([0-9a-f]{64})$/i;

/**
 * Reads a file of tokens: `NAME TOKEN` or `NAME sha256:HEX` on each line, and comments after `#` at
 * the start of a line. A name may have several tokens, so that they can be replaced one by one. NOT_FOUND
 * if it does not exist; INVALID_INPUT for a line of another form, for a file without tokens, and
 * for one that others may write to, or read while it holds tokens that are not hashed.
 */
export async function readTokenFile(path: string): Promise<TokenList> {
  const text = await readText(path, mostBytes, 'a token file has one line for each client');
  const entries: Entry[] = [];
  let plain = false;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const { isPlain, ...entry } = readLine(trimmed, `${quote(path)}, line ${index + 1}`);
    plain ||= isPlain;
    const same = entries.find(({ digest }) => digest.equals(entry.digest));
    if (same !== undefined && same.name !== entry.name)
      throw bad(
        `${quote(path)}, line ${index + 1}: ${entry.name} has the same token as ${same.name}`,
        'give each client a token of its own',
      );
    if (same === undefined) entries.push(entry);
  }
  if (entries.length === 0) throw bad(`${quote(path)} has no tokens`, howToMake);
  if (entries.length > mostTokens)
    throw bad(`${quote(path)} has ${entries.length} tokens: at most ${mostTokens} are possible`, howToMake);
  await refuseOpenToOthers(path, plain);
  return { nameOf: (token) => find(entries, token), count: entries.length };
}

const howToMake = `write a line: echo "ci $(openssl rand -hex 32)" >>FILE`;

/** Never says what stands in the line: it may be a token. */
function readLine(line: string, where: string): Entry & { isPlain: boolean } {
  const [name = '', token, ...more] = line.split(/\s+/);
  if (token === undefined || more.length > 0)
    throw bad(
      `${where}: expected a name and a token, but found ${token === undefined ? 'one word' : `${more.length + 2} words`}`,
      howToMake,
    );
  if (!namePattern.test(name))
    throw bad(
      `${where}: the first word is not a name`,
      'a name has at most 64 letters, digits, dots, dashes, underscores or @; the token comes second',
    );
  if (token.toLowerCase().startsWith('sha256:')) {
    const [, hex] = hashPattern.exec(token) ?? [];
    if (hex === undefined)
      throw bad(
        `${where}: sha256: of ${name} is not followed by 64 hexadecimal digits`,
        `printf %s "$TOKEN" | sha256sum`,
      );
    return { name, digest: Buffer.from(hex, 'hex'), isPlain: false };
  }
  if (!tokenPattern.test(token))
    throw bad(
      `${where}: the token of ${name} has characters that a bearer token cannot have`,
      'use letters, digits and - . _ ~ + / with = at the end: openssl rand -hex 32',
    );
  if (token.length < shortest)
    throw bad(
      `${where}: the token of ${name} has ${token.length} characters; at least ${shortest} are needed`,
      'openssl rand -hex 32 makes one that cannot be guessed',
    );
  return { name, digest: digestOf(token), isPlain: true };
}

/** Hashes may be read by everybody, as far as their tokens cannot be guessed. */
async function refuseOpenToOthers(path: string, plain: boolean): Promise<void> {
  if (process.platform === 'win32') return;
  const { mode } = await stat(path);
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  if ((mode & 0o022) !== 0)
    throw bad(
      `${quote(path)} can be written by others (mode ${shown}), who could let themselves in`,
      `chmod 600 ${quote(path)}`,
    );
  if (plain && (mode & 0o004) !== 0)
    throw bad(
      `${quote(path)} holds tokens and can be read by everybody (mode ${shown})`,
      `chmod 600 ${quote(path)}, or write sha256:HEX instead of each token`,
    );
}

function find(entries: readonly Entry[], token: string): string | undefined {
  const digest = digestOf(token);
  let name: string | undefined;
  // All of them, so that the time does not tell how far a guess is right.
  for (const entry of entries) if (timingSafeEqual(entry.digest, digest)) name = entry.name;
  return name;
}

function digestOf(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

function bad(message: string, hint: string): MlregError {
  return new MlregError('INVALID_INPUT', message, { hint });
}
