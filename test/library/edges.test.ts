import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRegistry, isMlregError, openRegistry, type ModelRegistry } from '../../src/index.ts';
import { requireNode } from '../../src/library/node-version.ts';
import { failsWith, fixture, tempFolder } from '../support/temp-folder.ts';

const mlp = fixture('digits_mlp/model.onnx');
const metadata = (value: unknown) => ({ metadata: value as never });
/** `{"__proto__": …}` as JSON.parse makes it: a key of its own. */
const hostileMetrics = JSON.parse('{"metrics":{"__proto__":1}}') as unknown;

/** What JavaScript lets a caller leave out. */
const nothing = [] as unknown as [string, never];

type Attempt = (registry: ModelRegistry) => Promise<unknown>;
const refused: Record<string, [Attempt, RegExp]> = {
  'a name that is none': [(r) => r.register('Digits', mlp), /invalid model name "Digits"/],
  'no name': [(r) => r.register(undefined as never, mlp), /name must be .*, not undefined/],
  'no path': [(r) => r.register('digits', ''), /path must be .*, not ""/],
  'a misspelt option': [(r) => r.register('digits', mlp, { tag: {} } as never), /unknown option "tag"/],
  'version and bump': [
    (r) => r.register('digits', mlp, { version: '1.0.0', bump: 'minor' }),
    /cannot be used together/,
  ],
  'a version that is none': [(r) => r.register('digits', mlp, { version: '1' }), /invalid version "1"/],
  'one version compared with none': [
    (r) => (r.compare as (ref: string) => Promise<unknown>)('digits'),
    /expected 2 to 10 references, got 1/,
  ],
  'more versions than are compared': [
    (r) => r.compare('a', 'b', ...Array.from({ length: 9 }, () => 'c')),
    /expected 2 to 10 references, got 11/,
  ],
  'an unknown bump': [
    (r) => r.register('digits', mlp, { bump: 'big' as never }),
    /bump must be .*, not "big"/,
  ],
  'an unknown ifExists': [
    (r) => r.register('digits', mlp, { ifExists: 'keep' as never }),
    /ifExists must be .*, not "keep"/,
  ],
  'a metric that is NaN': [(r) => r.register('digits', mlp, metadata({ metrics: { a: NaN } })), /metrics\.a/],
  'an unknown section': [(r) => r.register('digits', mlp, metadata({ metric: {} })), /unknown key "metric"/],
  'a key that reaches a prototype': [(r) => r.register('digits', mlp, metadata(hostileMetrics)), /__proto__/],
  'metadata that is too large': [
    (r) => r.register('digits', mlp, metadata({ description: 'x'.repeat(2 ** 20) })),
    /the limit is 1048576/,
  ],
  'data by a URI': [
    (r) => r.register('digits', mlp, { data: { train: 's3://bucket/train.csv' } }),
    /data "train" is a URI/,
  ],
  'a stage expected to be held by another model': [
    (r) => r.promote('digits@1.0.0', { to: 'production', expect: 'other@1.0.0' }),
    /version of other/,
  ],
  'a pattern that no name can match': [(r) => r.list({ match: 'Team/*' }), /lower case/],
  'data without a path': [(r) => r.register('digits', mlp, { data: { train: '' } }), /path of data "train"/],
  'a bare name': [(r) => r.promote('digits', { to: 'production' }), /needs a version/],
  'no stage': [(r) => r.promote('digits@1.0.0', {} as never), /to must be .*, not undefined/],
  'no options': [(r) => r.promote('digits@1.0.0', undefined as never), /to must be .*, not undefined/],
  'a misspelt precondition': [
    (r) => r.promote('digits@1.0.0', { to: 'production', expected: '1.0.0' } as never),
    /unknown option "expected" of promote/,
  ],
  'a precondition that is none': [
    (r) => r.promote('digits@1.0.0', { to: 'production', expect: 'any' }),
    /invalid expect "any": not a version/,
  ],
  'steps and toVersion': [
    (r) => r.rollback('digits', { steps: 1, toVersion: '1.0.0' }),
    /cannot be used together/,
  ],
  'no step': [(r) => r.rollback('digits', { steps: 0 }), /steps must be .*, not 0/],
  'a tag that is no text': [(r) => r.tag('digits@1.0.0', { a: 1 } as never), /tags\.a/],
  'a metric that is none': [(r) => r.describe('digits@1.0.0', { metrics: { a: Infinity } }), /metrics\.a/],
  'nothing to describe': [(r) => r.describe('digits@1.0.0', {}), /no description or metric given/],
  'a condition that is none': [(r) => r.list({ where: 'auc>' }), /auc>/],
  'a yank without a reason': [(r) => r.yank('digits@1.0.0', { message: ' ' }), /message must be .*, not " "/],
  'a time that is none': [(r) => r.history({ at: new Date('x') }), /at must be .*, not Invalid Date/],
  'a limit that is none': [(r) => r.list({ limit: 1.5 }), /limit must be .*, not 1\.5/],
  'a duration that is none': [(r) => r.bench('digits', { duration: '3' }), /invalid duration "3"/],
  'a negative duration': [(r) => r.bench('digits', { duration: -1 }), /duration must be .*, not -1/],
  'a scenario that is none': [
    (r) => r.bench('digits', { scenario: 'batch' as 'multi' }),
    /scenario must be one of .*, not "batch"/,
  ],
  'a scenario without its rate': [(r) => r.bench('digits', { scenario: 'server' }), /needs --rate/],
  'a rate that is none': [(r) => r.bench('digits', { rate: Number.NaN }), /rate must be .* not NaN/],
  'a range upside down': [(r) => r.bench('digits', { ranges: { X: [1, 0] } }), /range of "X"/],
  'a size that is none': [(r) => r.bench('digits', { memoryLimit: '2' }), /invalid size "2"/],
  'a grid without axes': [(r) => r.benchMatrix('digits', undefined as never), /no axes/],
  'an axis without values': [(r) => r.benchMatrix('digits', { batch: 8 as never }), /"batch" has no values/],
  'an axis that is none': [(r) => r.benchMatrix('digits', { depth: [1] }), /unknown axis "depth"/],
  'a grid of comparisons': [
    (r) => r.benchMatrix('digits', { batch: [1] }, { baseline: 'digits' } as never),
    /unknown option "baseline" of benchMatrix/,
  ],
  'one reference instead of a list': [
    (r) => r.export('digits@1.0.0' as never, { output: 'digits.tar' }),
    /refs must be a list of references, not "digits@1\.0\.0"/,
  ],
  'an empty text instead of a list': [
    (r) => r.export('' as never, { output: 'digits.tar' }),
    /refs must be a list of references, not ""/,
  ],
  'no output folder': [(r) => r.pull('digits', { output: '' }), /output must be .*, not ""/],
};

test('a bad value is refused with its name, and nothing is changed', async (t) => {
  const registry = await createRegistry(join(tempFolder(t), 'registry'));
  t.after(() => registry.close());
  await registry.register('digits', mlp, { git: false });
  const { events } = await registry.history();
  for (const [what, [attempt, message]] of Object.entries(refused)) {
    const error: unknown = await attempt(registry).then(
      () => `${what} was accepted`,
      (reason: unknown) => reason,
    );
    assert.ok(isMlregError(error), `${what}: ${String(error)}`);
    assert.ok(['INVALID_INPUT', 'USAGE'].includes(error.code), what);
    failsWith(error.code, message)(error);
  }
  assert.deepEqual((await registry.history()).events, events);
});

test('a method that is given nothing says what it misses, in its promise', async (t) => {
  const registry = await createRegistry(join(tempFolder(t), 'registry'));
  t.after(() => registry.close());
  const members = [registry, registry.stage, registry.policy].flatMap((group) => Object.entries(group));
  for (const [name, method] of members as [string, unknown][]) {
    if (typeof method !== 'function' || ['close', 'watch'].includes(name)) continue;
    const answer = method() as Promise<unknown>;
    await answer.catch((error: unknown) => assert.ok(isMlregError(error), `${name}: ${String(error)}`));
  }
  await assert.rejects(registry.watch(...nothing).next(), failsWith('INVALID_INPUT', /name must be/));
});

test('a home, a wait, an actor and a signal are checked', async (t) => {
  const home = join(tempFolder(t), 'registry');
  await assert.rejects(createRegistry('', {}), failsWith('INVALID_INPUT', /home must be .*, not ""/));
  await assert.rejects(createRegistry('s3://models'), failsWith('USAGE', /URL/));
  await assert.rejects(createRegistry(home, { wait: 'long' }), failsWith('INVALID_INPUT', /"long"/));
  await assert.rejects(createRegistry(home, { actor: '' }), failsWith('INVALID_INPUT', /actor/));
  await assert.rejects(
    createRegistry(home, { signal: {} as AbortSignal }),
    failsWith('INVALID_INPUT', /signal must be an AbortSignal/),
  );
  await assert.rejects(
    openRegistry(home, { timeout: 1 } as never),
    failsWith('INVALID_INPUT', /unknown option/),
  );
  await assert.rejects(openRegistry(home), failsWith('NOT_FOUND'));
});

test('the oldest Node is the one of package.json', () => {
  const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    engines: { node: string };
  };
  const [major = 0, minor = 0] = engines.node.replace('>=', '').split('.').map(Number);
  for (const version of [`${major}.${minor}.0`, `${major + 1}.0.0`]) requireNode(version);
  for (const version of [`${major}.${minor - 1}.9`, `${major - 1}.99.0`])
    assert.throws(() => requireNode(version), failsWith('USAGE', new RegExp(`needs Node ${major}.${minor}`)));
});

test('an expected failure is an MlregError with its facts; find takes no other for "not there"', async (t) => {
  const registry = await createRegistry(join(tempFolder(t), 'registry'));
  t.after(() => registry.close());
  await registry.register('digits', mlp, { git: false });
  await registry.promote('digits@1.0.0', { to: 'staging' });
  const late = registry.promote('digits@1.0.0', { to: 'production', expect: '2.0.0' });
  await assert.rejects(late, (error: unknown) => {
    assert.ok(isMlregError(error, 'CONFLICT'));
    assert.equal(error.details?.['holder'], null);
    return failsWith('CONFLICT', /expected 2\.0\.0 to hold production/)(error);
  });
  await assert.rejects(registry.find('Digits@production'), failsWith('INVALID_INPUT'));
  assert.equal(await registry.find('digits@9.0.0'), undefined);
});

test('after close, and when stopped, methods reject and say so', async (t) => {
  const home = join(tempFolder(t), 'registry');
  const stop = new AbortController();
  const registry = await createRegistry(home, { signal: stop.signal });
  stop.abort(new Error('enough'));
  await assert.rejects(registry.register('digits', mlp, { git: false }), /enough/);
  await registry.close();
  await registry.close();
  {
    const other = await openRegistry(home);
    await other.close();
    await assert.rejects(other.list(), failsWith('USAGE', /is closed/));
    await assert.rejects(other.stage.list(), failsWith('USAGE', /is closed/));
  }
  await using again = await openRegistry(home);
  assert.deepEqual((await again.list()).models, []);
});
