import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ServerAddress } from '../../bench/plan/server-address.ts';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { Session } from '../context.ts';
import type { PlanOptions } from './plan-options.ts';

/** The server of --url with its token, which never stands on the command line; undefined without. */
export async function readServer(
  { cwd, env }: Session,
  { url, tokenFile }: PlanOptions,
): Promise<ServerAddress | undefined> {
  if (url === undefined) return undefined;
  const { parseServerUrl } = await import('../../api/verbs/run/bench.ts');
  const address = parseServerUrl(url);
  const token = tokenFile === undefined ? env['MLREG_SERVE_TOKEN'] : await firstLine(resolve(cwd, tokenFile));
  return { url: address, token: token === '' ? undefined : token };
}

async function firstLine(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new MlregError('NOT_FOUND', `cannot read the token file ${quote(path)}`, {
      hint: 'check its path and permissions',
      cause,
    });
  });
  const [line = ''] = text.trim().split(/\r?\n/);
  // What a header may contain; anything else would be another file.
  if (/^[\x21-\x7e]{1,4096}$/.test(line)) return line;
  throw new MlregError('INVALID_INPUT', `the token file ${quote(path)} does not begin with a token`, {
    hint: 'put the token alone on its first line',
  });
}
