import { MlregError } from '../../core/errors.ts';
import type { Context } from '../context.ts';
import { readInput } from './read-input.ts';

const mostBytes = 4096;

/**
 * The token for a server: from the file that --token-file names (`-`: standard input), else
 * MLREG_SERVE_TOKEN. The file is that of the server, of which the first token counts, or a token
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
  const first = lines.find((line) => line !== '' && !line.startsWith('#')) ?? '';
  return checked(first.replace(/^\S+\s+/, ''), '--token-file');
}

/** Anything else could not be sent as a header, and a server that has the hash wants the token. */
function checked(token: string, where: string): string {
  if (/^[\x21-\x7e]+$/.test(token) && !token.startsWith('sha256:')) return token;
  throw new MlregError('INVALID_INPUT', `${where} has no token that can be sent`, {
    hint: 'use a file with the token, or with a line NAME TOKEN as the server has it, but not its hash',
  });
}
