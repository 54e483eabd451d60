import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { BenchPlan } from './plan.ts';

/** Where a server is, and what it wants to see. */
export interface ServerAddress {
  /** `http://HOST:PORT`, with a path before `/v2` if there is a proxy. */
  url: string;
  token?: string | undefined;
}

/** Checks and cleans what the user gave. USAGE for another scheme, INVALID_INPUT for credentials. */
export function parseServerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new MlregError('USAGE', `--url must be an http:// or https:// address, not ${quote(text)}`, {
      hint: 'for example --url http://127.0.0.1:8080',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new MlregError('USAGE', '--url must not contain a user name or a password', {
      hint: 'use --token-file, or MLREG_SERVE_TOKEN',
    });
  }
  if (url.search !== '' || url.hash !== '') {
    throw new MlregError('USAGE', `--url must end before any ? or #, not ${quote(text)}`, {
      hint: `--url ${url.origin}`,
    });
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/** USAGE for options that only mean something where this machine runs the model. */
export function refuseLocalOptions(plan: BenchPlan, hasBaseline: boolean): void {
  const local = [
    ['--baseline', hasBaseline],
    ['--profile', plan.profile],
    ['--threads', plan.threads !== null],
    ['--device', plan.device !== 'cpu'],
    ['--as-deployed', plan.asDeployed],
    ['--memory-limit', plan.memoryLimitBytes !== null],
    [`--scenario ${plan.scenario}`, plan.scenario === 'multi' || plan.scenario === 'offline'],
  ] as const;
  const first = local.find(([, given]) => given);
  if (first === undefined) return;
  throw new MlregError('USAGE', `${first[0]} cannot be used with --url, which measures a running server`, {
    hint: `omit either ${first[0]} or --url`,
  });
}
