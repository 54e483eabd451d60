import type { CiRun } from '../core/versions/source.ts';

type Env = Readonly<Record<string, string | undefined>>;
type Facts = Partial<Record<keyof CiRun, string | undefined>>;

/** How to read the run from each CI system. The variables are from each system's documentation. */
const systems: [system: string, runs: (env: Env) => boolean, read: (env: Env) => Facts][] = [
  ['github', (env) => env['GITHUB_ACTIONS'] === 'true', github],
  ['gitlab', (env) => env['GITLAB_CI'] === 'true', gitlab],
  ['buildkite', (env) => env['BUILDKITE'] === 'true', buildkite],
  ['circleci', (env) => env['CIRCLECI'] === 'true', circleci],
  ['azure', (env) => /^true$/i.test(env['TF_BUILD'] ?? ''), azure],
  ['jenkins', (env) => Boolean(env['JENKINS_URL'] || env['JENKINS_HOME'] || env['HUDSON_URL']), jenkins],
];

/**
 * The CI run that this process belongs to, from the system's environment variables; null: no known
 * CI system. The values are claims, not proofs.
 */
export function findCiRun(env: Env): CiRun | null {
  for (const [system, runs, read] of systems) {
    if (!runs(env)) continue;
    const facts = Object.entries(read(env)).flatMap(([key, value]) => {
      const text = value === undefined ? undefined : clean(value);
      return text === undefined ? [] : [[key, text]];
    });
    if (facts.length > 0) return { system, ...Object.fromEntries(facts) };
  }
  return null;
}

const longest = 2048;

/** Undefined for an empty, overlong or invalid text. Removes user and password from a URL. */
function clean(value: string): string | undefined {
  const text = value.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1');
  return text === '' || text.length > longest || text.includes('\0') || !text.isWellFormed()
    ? undefined
    : text;
}

/** https://docs.github.com/actions/reference/variables-reference */
function github(env: Env): Facts {
  const repository = env['GITHUB_REPOSITORY'];
  const [server, run, ref] = [env['GITHUB_SERVER_URL'], env['GITHUB_RUN_ID'], env['GITHUB_REF']];
  return {
    url: server && repository && run ? `${server}/${repository}/actions/runs/${run}` : undefined,
    repository,
    // In a pull request, the ref is that of its merge.
    branch: env['GITHUB_HEAD_REF'] || branchOf(ref),
    pullRequest: /^refs\/pull\/(\d+)\//.exec(ref ?? '')?.[1],
  };
}

/** https://docs.gitlab.com/ci/variables/predefined_variables/ */
function gitlab(env: Env): Facts {
  const named = env['CI_COMMIT_TAG'] ? undefined : env['CI_COMMIT_REF_NAME'];
  return {
    url: env['CI_JOB_URL'] || env['CI_PIPELINE_URL'],
    repository: env['CI_PROJECT_PATH'] || env['CI_PROJECT_URL'],
    branch: env['CI_MERGE_REQUEST_SOURCE_BRANCH_NAME'] || env['CI_COMMIT_BRANCH'] || named,
    pullRequest: env['CI_MERGE_REQUEST_IID'],
  };
}

/** https://buildkite.com/docs/pipelines/configure/environment-variables */
function buildkite(env: Env): Facts {
  const pullRequest = env['BUILDKITE_PULL_REQUEST'];
  return {
    url: env['BUILDKITE_BUILD_URL'],
    repository: env['BUILDKITE_REPO'],
    branch: env['BUILDKITE_TAG'] ? undefined : env['BUILDKITE_BRANCH'],
    pullRequest: pullRequest === 'false' ? undefined : pullRequest,
  };
}

/** https://circleci.com/docs/reference/variables/ */
function circleci(env: Env): Facts {
  const [owner, name] = [env['CIRCLE_PROJECT_USERNAME'], env['CIRCLE_PROJECT_REPONAME']];
  return {
    url: env['CIRCLE_BUILD_URL'],
    repository: env['CIRCLE_REPOSITORY_URL'] || (owner && name ? `${owner}/${name}` : undefined),
    branch: env['CIRCLE_BRANCH'],
    pullRequest: env['CIRCLE_PR_NUMBER'] || lastNumber(env['CIRCLE_PULL_REQUEST']),
  };
}

/** https://learn.microsoft.com/azure/devops/pipelines/build/variables */
function azure(env: Env): Facts {
  const server = env['SYSTEM_COLLECTIONURI'] || env['SYSTEM_TEAMFOUNDATIONCOLLECTIONURI'];
  const [project, build] = [env['SYSTEM_TEAMPROJECT'], env['BUILD_BUILDID']];
  const address = `${server?.replace(/\/$/, '')}/${encodeURIComponent(project ?? '')}`;
  return {
    url: server && project && build ? `${address}/_build/results?buildId=${build}` : undefined,
    repository: env['BUILD_REPOSITORY_URI'] || env['BUILD_REPOSITORY_NAME'],
    branch: branchOf(env['SYSTEM_PULLREQUEST_SOURCEBRANCH']) || branchOf(env['BUILD_SOURCEBRANCH']),
    pullRequest: env['SYSTEM_PULLREQUEST_PULLREQUESTNUMBER'] || env['SYSTEM_PULLREQUEST_PULLREQUESTID'],
  };
}

/**
 * https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables, with the
 * variables of multibranch pipelines and the Git plugin.
 */
function jenkins(env: Env): Facts {
  const plugin = env['GIT_LOCAL_BRANCH'] || env['GIT_BRANCH']?.replace(/^origin\//, '');
  const pullRequest = env['CHANGE_ID'];
  return {
    url: env['BUILD_URL'],
    repository: env['GIT_URL'] || env['GIT_URL_1'],
    // In a pull request, BRANCH_NAME is PR-7.
    branch: env['CHANGE_BRANCH'] || (pullRequest ? undefined : env['BRANCH_NAME'] || plugin),
    pullRequest,
  };
}

/** The branch of a full ref. A name without `refs/` is a branch. */
function branchOf(ref: string | undefined): string | undefined {
  if (ref === undefined || !ref.startsWith('refs/')) return ref;
  return ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : undefined;
}

function lastNumber(address: string | undefined): string | undefined {
  return /\/(\d+)\/?$/.exec(address ?? '')?.[1];
}
