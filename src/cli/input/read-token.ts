import { MlregError } from '../../core/errors.ts';
import type { Context } from '../context.ts';
import { readInput } from './read-input.ts';

const mostBytes = 4096;

/**
 * The token for a server: from the file that --token-file names (`-`: standard input), else
 * MLREG_SERVE_TOKEN. The file is that of the server, of which the first token counts that is not a hash, or a token
 * alone. A flag with the token itself would show it to everybody who lists processes.
 */
export async function readToken(
  context: Pick<Context, 'cwd' | 'stdin' | 'signal' | 'env'>,
  file: string | undefined,
): Promise<string | undefined> {
  if (file === undefined) {
    const given = context.env['MLREG_SERVE_TOKEN'];
    return given ? checked(given, 'MLREG_SERVE_TOKEN') : undefined;
  }
  const limits = { maxBytes: mostBytes, whatIsLarge: 'use a file that contains the token and nothing else' };
  const { text } = await readInput('--token-file', file, context, limits);
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const tokens = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/^\S+\s+/, ''));
  // A list may have hashes beside the token that this client may use.
  return checked(tokens.find((one) => !isHash(one)) ?? tokens[0] ?? '', '--token-file');
}

/** Anything else could not be sent as a header, and a server that has the hash wants the token. */
function checked(token: string, where: string): string {
  if (isHash(token))
    throw new MlregError('INVALID_INPUT', `${where} has the hash of a token, which is for servers only`, {
      hint: 'the token cannot be found from its hash: use a file with the token itself, as it was given to this client',
    });
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new MlregError('INVALID_INPUT', `${where} has no token that can be sent`, {
    hint: 'use a file with the token, or with a line NAME TOKEN as the server has it',
  });
}

function isHash(token: string): boolean {
  return token.toLowerCase().startsWith('sha256:');
}
