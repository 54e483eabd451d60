import { hostname, userInfo } from 'node:os';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';

/** Variables in which CI systems name the person who started the job. */
const ciVariables = [
  'GITHUB_ACTOR',
  'GITLAB_USER_LOGIN',
  'CIRCLE_USERNAME',
  'BUILDKITE_BUILD_CREATOR',
  'BUILD_REQUESTEDFOR',
  'BUILD_USER_ID',
  'BITBUCKET_STEP_TRIGGERER_UUID',
];

/**
 * The actor: the given name, else MLREG_ACTOR, else what CI says, else user@host. An actor is a
 * claim, not a proof.
 */
export function findActor(given: string | undefined, env: NodeJS.ProcessEnv): string {
  const actor =
    given ?? [env['MLREG_ACTOR'], ...ciVariables.map((name) => env[name])].find(Boolean) ?? localUser();
  if (actor.length > 0 && actor.length <= 256 && actor.isWellFormed() && !actor.includes('\0')) return actor;
  throw new MlregError(
    'INVALID_INPUT',
    `invalid actor ${quote(actor)}: it must be text of 1 to 256 characters`,
    { hint: 'name one with --actor NAME' },
  );
}

function localUser(): string {
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // In a container, the user may be missing from the password file.
    return `uid${process.getuid?.() ?? ''}`;
  }
}
