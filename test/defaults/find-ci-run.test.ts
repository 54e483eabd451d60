import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCiRun } from '../../src/defaults/find-ci-run.ts';

const github = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'acme/models',
  GITHUB_RUN_ID: '42',
};

const runs: [what: string, env: Record<string, string>, found: object | null][] = [
  ['no CI', { GITHUB_REPOSITORY: 'acme/models', BUILD_URL: 'https://x' }, null],
  ['a system that says nothing', { GITHUB_ACTIONS: 'true' }, null],
  [
    'GitHub, a push',
    { ...github, GITHUB_REF: 'refs/heads/feature/x', GITHUB_REF_NAME: 'feature/x', GITHUB_HEAD_REF: '' },
    {
      system: 'github',
      url: 'https://github.com/acme/models/actions/runs/42',
      repository: 'acme/models',
      branch: 'feature/x',
    },
  ],
  [
    'GitHub, a pull request',
    { ...github, GITHUB_REF: 'refs/pull/7/merge', GITHUB_HEAD_REF: 'fix', GITHUB_REF_NAME: '7/merge' },
    {
      system: 'github',
      url: 'https://github.com/acme/models/actions/runs/42',
      repository: 'acme/models',
      branch: 'fix',
      pullRequest: '7',
    },
  ],
  [
    'GitHub, a tag',
    { ...github, GITHUB_REF: 'refs/tags/v1' },
    { system: 'github', url: 'https://github.com/acme/models/actions/runs/42', repository: 'acme/models' },
  ],
  [
    'GitLab, a merge request',
    {
      GITLAB_CI: 'true',
      CI_PIPELINE_URL: 'https://gitlab.com/acme/models/-/pipelines/1',
      CI_JOB_URL: 'https://gitlab.com/acme/models/-/jobs/2',
      CI_PROJECT_PATH: 'acme/models',
      CI_COMMIT_REF_NAME: 'fix',
      CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: 'fix',
      CI_MERGE_REQUEST_IID: '9',
    },
    {
      system: 'gitlab',
      url: 'https://gitlab.com/acme/models/-/jobs/2',
      repository: 'acme/models',
      branch: 'fix',
      pullRequest: '9',
    },
  ],
  [
    'Jenkins, a pull request of a multibranch job',
    {
      JENKINS_URL: 'https://ci/',
      BUILD_URL: 'https://ci/job/train/3/',
      GIT_URL: 'https://bot:s3cret@git.example.com/acme/models.git',
      BRANCH_NAME: 'PR-5',
      CHANGE_BRANCH: 'fix',
      CHANGE_ID: '5',
    },
    {
      system: 'jenkins',
      url: 'https://ci/job/train/3/',
      repository: 'https://git.example.com/acme/models.git',
      branch: 'fix',
      pullRequest: '5',
    },
  ],
  [
    'Jenkins, a plain job',
    { JENKINS_URL: 'https://ci/', BUILD_URL: 'https://ci/job/train/3/', GIT_BRANCH: 'origin/main' },
    { system: 'jenkins', url: 'https://ci/job/train/3/', branch: 'main' },
  ],
  [
    'CircleCI',
    {
      CIRCLECI: 'true',
      CIRCLE_BUILD_URL: 'https://circleci.com/gh/acme/models/8',
      CIRCLE_REPOSITORY_URL: 'git@github.com:acme/models.git',
      CIRCLE_BRANCH: 'fix',
      CIRCLE_PULL_REQUEST: 'https://github.com/acme/models/pull/11',
    },
    {
      system: 'circleci',
      url: 'https://circleci.com/gh/acme/models/8',
      repository: 'git@github.com:acme/models.git',
      branch: 'fix',
      pullRequest: '11',
    },
  ],
  [
    'Azure Pipelines',
    {
      TF_BUILD: 'True',
      SYSTEM_COLLECTIONURI: 'https://dev.azure.com/acme/',
      SYSTEM_TEAMPROJECT: 'my models',
      BUILD_BUILDID: '77',
      BUILD_REPOSITORY_URI: 'https://acme@dev.azure.com/acme/_git/models',
      BUILD_SOURCEBRANCH: 'refs/pull/3/merge',
      SYSTEM_PULLREQUEST_SOURCEBRANCH: 'refs/heads/fix',
      SYSTEM_PULLREQUEST_PULLREQUESTID: '3',
    },
    {
      system: 'azure',
      url: 'https://dev.azure.com/acme/my%20models/_build/results?buildId=77',
      repository: 'https://dev.azure.com/acme/_git/models',
      branch: 'fix',
      pullRequest: '3',
    },
  ],
  [
    'Buildkite',
    {
      BUILDKITE: 'true',
      BUILDKITE_BUILD_URL: 'https://buildkite.com/acme/train/builds/5',
      BUILDKITE_REPO: 'https://token@github.com/acme/models.git',
      BUILDKITE_BRANCH: 'main',
      BUILDKITE_PULL_REQUEST: 'false',
    },
    {
      system: 'buildkite',
      url: 'https://buildkite.com/acme/train/builds/5',
      repository: 'https://github.com/acme/models.git',
      branch: 'main',
    },
  ],
];

for (const [what, env, found] of runs)
  test(`the CI run: ${what}`, () => assert.deepEqual(findCiRun(env), found));

test('what is no text, or too long, is left out', () => {
  const branch = { GITHUB_HEAD_REF: 'x'.repeat(5000), GITHUB_REPOSITORY: '\ud800' };
  assert.equal(findCiRun({ GITHUB_ACTIONS: 'true', ...branch }), null);
});
