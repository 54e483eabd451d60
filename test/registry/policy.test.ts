import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkPolicy, parsePolicy, type PolicyStage } from '../../src/core/events/policy.ts';
import { checkPromotion } from '../../src/registry/stages/check-promotion.ts';
import { compare } from '../../src/registry/inspect/compare.ts';
import { applyPolicy, removePolicy, showPolicy } from '../../src/registry/stages/policy.ts';
import { promote, type PromoteInput } from '../../src/registry/stages/promote.ts';
import { register } from '../../src/registry/register/register.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { hookFailure } from '../../src/registry/stages/move-stage.ts';
import { failureOf, runProgram } from '../../src/registry/stages/run-program.ts';
import { removeStage } from '../../src/registry/stages/stages.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { yank } from '../../src/registry/versions/yank.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  editRows,
  exact,
  modelName,
  ref,
  stage,
  tempRegistry,
  version,
  type TempRegistry,
} from '../support/temp-registry.ts';

const production = stage('production');
const staging = stage('staging');
const { name } = ref('digits');
const model = fixture('digits_mlp/model.onnx');

async function withPolicy(context: Cleanup, section: PolicyStage): Promise<TempRegistry> {
  const registry = await tempRegistry(context);
  for (const [index, accuracy] of [0.9, 0.95].entries()) {
    await add(registry, 'digits', model, {
      number: { kind: 'exact', version: version(`${index + 1}.0.0`) },
      metadata: { metrics: { accuracy } },
    });
  }
  await apply(registry, { stages: { production: section } });
  return registry;
}

const apply = (registry: Registry, policy: unknown) =>
  applyPolicy(registry, { policy: checkPolicy(policy, 'it'), what: 'it' });
const to = (registry: Registry, selector: string, rest: Partial<PromoteInput> = {}) =>
  promote(registry, { ref: exact(`digits@${selector}`), stage: production, ...rest });
const verdicts = (gates: { gate: string; verdict: string }[]) =>
  Object.fromEntries(gates.map(({ gate, verdict }) => [gate, verdict]));

test('a policy holds for every promotion to its stage, and for no other', async (context) => {
  const registry = await withPolicy(context, { require: ['accuracy>=0.92, size<1MB'] });
  assert.deepEqual(verdicts((await to(registry, '1.0.0')).gates), {
    'accuracy>=0.92': 'fail',
    'size<1MB': 'pass',
  });
  assert.equal((await to(registry, '2.0.0')).changed, true);
  assert.deepEqual((await promote(registry, { ref: exact('digits@1.0.0'), stage: staging })).gates, []);
  const more = await to(registry, '1.0.0', { require: ['accuracy>=0.5', 'accuracy>=0.92'] });
  assert.deepEqual(Object.keys(verdicts(more.gates)), ['accuracy>=0.92', 'size<1MB', 'accuracy>=0.5']);
});

test('applying the same again changes nothing; another one takes its place', async (context) => {
  const registry = await withPolicy(context, { require: ['accuracy>=0.92'] });
  const policy = { stages: { production: { require: ['accuracy>=0.92'] } } };
  assert.equal((await apply(registry, policy)).changed, false);
  const empty = await apply(registry, {});
  assert.equal(empty.changed, true);
  assert.equal((await to(registry, '1.0.0')).changed, true);
  assert.deepEqual((await showPolicy(registry)).policy, {});
  assert.equal((await showPolicy(registry, production)).policy, null);
  await assert.rejects(showPolicy(registry, stage('qa')), failsWith('NOT_FOUND'));
  assert.equal((await verify(registry, {})).ok, true);
});

test('from and soak: where it must have been, and for how long', async (context) => {
  const registry = await withPolicy(context, { from: ['staging'], soak: '24h' });
  assert.deepEqual(verdicts((await to(registry, '1.0.0')).gates), {
    'from staging': 'fail',
    'soak>=24h': 'fail',
  });
  await promote(registry, { ref: exact('digits@1.0.0'), stage: staging });
  registry.clock.at += 23 * 3600_000;
  const soon = await to(registry, '1.0.0');
  assert.deepEqual(verdicts(soon.gates), { 'from staging': 'pass', 'soak>=24h': 'fail' });
  assert.match(soon.gates[1]?.reason ?? '', /for 23h; 1h to go/);
  registry.clock.at += 3600_000;
  assert.equal((await to(registry, '1.0.0')).changed, true);
});

test('protected: who may promote', async (context) => {
  const registry = await withPolicy(context, { protected: ['release-bot'] });
  assert.deepEqual(verdicts((await to(registry, '1.0.0')).gates), { protected: 'fail' });
  const bot = { ...registry, actor: 'release-bot' };
  assert.equal((await to(bot, '1.0.0')).changed, true);
});

test('whenEmpty of the policy beats what is said at the promotion, for its own gates', async (context) => {
  const registry = await withPolicy(context, { require: ['accuracy>=production'], whenEmpty: 'block' });
  const both = { require: ['size<=production'], whenEmpty: 'pass' } as const;
  assert.deepEqual(verdicts((await to(registry, '1.0.0', both)).gates), {
    'accuracy>=production': 'inconclusive',
    'size<=production': 'pass',
  });
  await apply(registry, { stages: { production: { require: ['accuracy>=production'] } } });
  assert.equal((await to(registry, '1.0.0', both)).changed, true);
});

test('a policy of a file asks for more, never for less', async (context) => {
  const registry = await withPolicy(context, { require: ['accuracy>=0.92'] });
  const file = (section: PolicyStage) => ({
    policy: { stages: { production: section } },
    what: 'policy.json',
  });
  assert.equal((await to(registry, '1.0.0', { policy: file({ require: [] }) })).blocked?.version, '1.0.0');
  const stricter = await to(registry, '2.0.0', { policy: file({ require: ['accuracy>=0.99'] }) });
  assert.deepEqual(verdicts(stricter.gates), { 'accuracy>=0.92': 'pass', 'accuracy>=0.99': 'fail' });
});

test('register --stage goes through the same door; what is blocked stays registered', async (context) => {
  const registry = await withPolicy(context, { require: ['accuracy>=0.92'] });
  const input = {
    name: modelName('digits'),
    path: model,
    number: { kind: 'auto' },
    ifExists: 'reuse',
    stage: production,
  } as const;
  const result = await register(registry, { ...input, metadata: { metrics: { accuracy: 0.1 } } });
  assert.equal(result.promotion?.blocked?.version, result.version);
  assert.equal((await registry.metadata.version(name, result.version))?.version, result.version);
  assert.equal((await registry.metadata.pointer(name, production)).version, null);
  const good = await register(registry, { ...input, metadata: { metrics: { accuracy: 0.99 } } });
  assert.equal(good.promotion?.to, good.version);
});

test('check judges as a promotion would, also the holder, and changes nothing', async (context) => {
  const registry = await withPolicy(context, { require: ['accuracy>=0.92'], from: ['staging'] });
  await to(registry, '1.0.0', { force: true, message: 'first' });
  const { length } = await registry.metadata.events({ limit: 99 });
  const check = (selector: string) =>
    checkPromotion(registry, { ref: ref(`digits@${selector}`), stage: production });
  const result = await check('1.0.0');
  assert.deepEqual([result.verdict, result.holder], ['fail', '1.0.0']);
  assert.equal((await check('2.0.0')).verdict, 'fail');
  assert.equal((await registry.metadata.events({ limit: 99 })).length, length);
  const free = await checkPromotion(registry, { ref: ref('digits@2.0.0'), stage: staging });
  assert.deepEqual([free.verdict, free.gates], ['pass', []]);
  assert.match(free.warnings[0] ?? '', /has no promotion requirements/);
  const open = await checkPromotion(registry, {
    ref: ref('digits@2.0.0'),
    stage: staging,
    require: ['rmse<1'],
  });
  assert.equal(open.verdict, 'inconclusive');
  await yank(registry, { ref: exact('digits@2.0.0'), reason: 'leaks' });
  await assert.rejects(check('2.0.0'), failsWith('CONFLICT', /yanked/));
});

test('a stage that was removed after the policy named it holds nothing, so nothing can be told', async (context) => {
  const registry = await withPolicy(context, { require: ['accuracy>=staging'] });
  await removeStage(registry, { stage: staging });
  assert.deepEqual(verdicts((await to(registry, '1.0.0')).gates), { 'accuracy>=staging': 'inconclusive' });
});

test('a policy must be one: what is refused names the place', async (context) => {
  const refused: [policy: unknown, message: RegExp][] = [
    [{ stage: {} }, /unknown key "stage"/],
    [{ stages: { production: { requires: [] } } }, /unknown key "requires" in "stages\.production"/],
    [{ stages: { production: { require: 'auc>=1' } } }, /"stages\.production\.require"/],
    [{ stages: { production: { whenEmpty: 'maybe' } } }, /"stages\.production\.whenEmpty"/],
    [{ stages: { production: { soak: '24h' } } }, /has "soak" but no "from"/],
    [{ stages: { production: { from: ['staging'], soak: '1 day' } } }, /must be a duration/],
    [{ stages: { latest: {} } }, /stage/],
    [{ stages: { production: { onPromote: 'rm -rf /' } } }, /"stages\.production\.onPromote"/],
    [{ stages: { production: { onPromote: [] } } }, /"stages\.production\.onPromote"/],
    [{ stages: { production: { bench: { fast: true } } } }, /unknown key "fast"/],
    [{ stages: { production: { bench: { memoryLimit: '2' } } } }, /must be a size/],
    [{ metrics: { auc: 'up' } }, /"metrics\.auc"/],
    [[], /invalid/],
  ];
  for (const [policy, message] of refused)
    assert.throws(() => checkPolicy(policy, 'policy.json'), failsWith('INVALID_INPUT', message));
  assert.throws(
    () => parsePolicy('{"stages":{},"stages":{}}', 'it'),
    failsWith('INVALID_INPUT', /duplicate key/),
  );
  const registry = await tempRegistry(context);
  await assert.rejects(
    apply(registry, { stages: { canary: {} } }),
    failsWith('NOT_FOUND', /unknown stage "canary"/),
  );
  await assert.rejects(
    apply(registry, { stages: { production: { require: ['golden', 'auc>='] } } }),
    failsWith(
      'INVALID_INPUT',
      /stages\.production\.require\[1\] "auc>=": expected a number or a stage at the end/,
    ),
  );
  assert.equal((await showPolicy(registry)).event, null);
});

test('what is better of a metric, the policy may say', async (context) => {
  const registry = await tempRegistry(context);
  for (const churn_cost of [1, 2])
    await add(registry, 'digits', model, { metadata: { metrics: { churn_cost, thing: churn_cost } } });
  const better = async () =>
    (await compare(registry, [ref('digits@1.0.0'), ref('digits@1.0.1')])).metrics.map(
      ({ name: metric, changes }) => [metric, changes[0]?.better],
    );
  const before = new Map((await better()) as [string, boolean][]);
  assert.equal(before.get('thing'), null);
  const { warnings } = await apply(registry, {
    metrics: { thing: 'lower' },
    stages: { production: { require: ['thing>=2'] } },
  });
  assert.deepEqual(warnings, ['thing>=2 requires a higher value, but lower is better for this metric']);
  assert.equal(new Map((await better()) as [string, boolean][]).get('thing'), false);
});

test('a policy that was tampered with lets nothing through, and another one may be applied', async (context) => {
  const registry = await withPolicy(context, { require: ['accuracy>=0.99'] });
  const edited = editRows(
    registry.home,
    `update events set body = replace(body, '0.99', '0.10') where action = 'policy'`,
  );
  assert.equal(edited, 1);
  await assert.rejects(to(registry, '1.0.0'), failsWith('INTEGRITY', /was changed after it was applied/));
  assert.equal((await registry.metadata.pointer(name, production)).version, null);
  assert.equal((await verify(registry, {})).ok, false);
  assert.equal((await apply(registry, {})).changed, true);
  assert.equal((await to(registry, '1.0.0')).changed, true);
});

test('onPromote runs after the commit, with the event on its stdin and no shell', async (context) => {
  const folder = tempFolder(context);
  const program = join(folder, 'hook.mjs');
  const output = join(folder, 'out.json');
  writeFileSync(
    program,
    `import { readFileSync, writeFileSync } from 'node:fs';
     const event = JSON.parse(readFileSync(0, 'utf8'));
     writeFileSync(${JSON.stringify(output)}, JSON.stringify({ event, args: process.argv.slice(2), home: process.env.MLREG_REGISTRY }));
     console.log('not for the result');`,
  );
  const registry = await withPolicy(context, { onPromote: [process.execPath, program, '$HOME; ls', '*'] });
  const dry = await to(registry, '1.0.0', { dryRun: true });
  assert.equal(dry.dryRun, true);
  const { event, warnings } = await to(registry, '1.0.0');
  assert.deepEqual(warnings, []);
  const seen = JSON.parse(readFileSync(output, 'utf8'));
  assert.deepEqual(seen.args, ['$HOME; ls', '*']);
  assert.equal(seen.home, registry.home);
  const time = new Date(event?.at ?? 0).toISOString();
  assert.deepEqual(seen.event, { ...event, at: time, clock: time });
  assert.equal((await registry.metadata.events({ actions: ['hook'], limit: 9 })).length, 0);
  writeFileSync(output, '');
  assert.equal((await to(registry, '1.0.0')).changed, false);
  assert.equal(readFileSync(output, 'utf8'), '', 'nothing moved');
});

test('a program that fails changes nothing about the promotion: a warning and an event', async (context) => {
  const script = 'console.error("no route to host"); process.exit(3)';
  const failures: [command: string[], warning: RegExp][] = [
    [[process.execPath, '-e', script], /failed: exit code 3: no route to host/],
    [[process.execPath, '-e', 'process.kill(process.pid, "SIGKILL")'], /killed by SIGKILL/],
  ];
  const folder = tempFolder(context);
  const at = (name: string): string => join(folder, name);
  writeFileSync(at('file'), '#!/bin/sh\n');
  symlinkSync('loop', at('loop'));
  mkdirSync(at('folder'));
  failures.push(
    [[at('none')], /failed: .*ENOENT/],
    [['mlreg-test-no-such-program'], /failed: .*ENOENT/],
    [[at('file/below')], /failed: .*ENOTDIR/],
    [[at('loop')], /failed: .*ELOOP/],
    [[at('file')], /failed: .*EACCES/],
    [[at('folder')], /failed: .*EACCES/],
    [[at('x'.repeat(300))], /failed: .*ENAMETOOLONG/],
  );
  const registry = await withPolicy(context, {});
  for (const [index, [command, warning]] of failures.entries()) {
    await apply(registry, { stages: { production: { onPromote: command } } });
    const { changed, warnings, event, hooks, ...rest } = await to(registry, `${1 + (index % 2)}.0.0`);
    assert.equal(changed, true);
    assert.match(warnings[0] ?? '', warning);
    assert.deepEqual([hooks?.length, hooks?.[0]?.command], [1, command]);
    const objection = hookFailure({ ...rest, changed, warnings, event, hooks: hooks ?? [] });
    assert.equal(objection?.code, 'HOOK_FAILED');
    assert.equal(objection.details?.['event'], event?.seq);
    const [hook] = await registry.metadata.events({ actions: ['hook'], limit: 1 });
    assert.deepEqual(hook?.details['command'], command);
    assert.equal(hook?.details['event'], event?.seq);
  }
  assert.equal((await verify(registry, {})).ok, true);
});

test('what cannot be started is a failure, whatever the system says of it', async (context) => {
  const registry = await withPolicy(context, {});
  const { event } = await to(registry, '1.0.0');
  assert.ok(event !== null);
  const options = { registry: registry.home, timeoutMs: null };
  for (const command of [['/bin/true', 'x'.repeat(3_000_000)], [''], ['/bin/true', 'a\0b']]) {
    const ended = await runProgram(command, { ...event, event }, options);
    assert.notEqual(ended.error, null);
    assert.equal(failureOf(ended), ended.error);
  }
});

test('a program by a relative path is refused in a new policy, and not run by an old one', async (context) => {
  const registry = await withPolicy(context, {});
  const folder = tempFolder(context);
  writeFileSync(join(folder, 'deploy'), `#!/bin/sh\ntouch ran\n`, { mode: 0o755 });
  const before = process.cwd();
  context.after(() => process.chdir(before));
  process.chdir(folder);
  for (const program of ['./deploy', 'bin/deploy', '../deploy', '~/deploy']) {
    const policy = { stages: { production: { onPromote: [program, '--now'] } } };
    const refused = failsWith(
      'INVALID_INPUT',
      /stages\.production\.onPromote must be an absolute path or a program on PATH, not ".*deploy"/,
    );
    await assert.rejects(apply(registry, policy), refused);
    await assert.rejects(to(registry, '1.0.0', { policy: { policy, what: 'policy.json' } }), refused);
    const input = { ref: ref('digits@1.0.0'), stage: production, policy: { policy, what: 'policy.json' } };
    await assert.rejects(checkPromotion(registry, input), refused);
  }
  const policy = { stages: { production: { onPromote: ['./deploy'] } } };
  await registry.metadata.applyPolicy({ policy, stages: [staging, production], actor: 'before', at: 0 });
  const { changed, warnings, hooks } = await to(registry, '1.0.0');
  assert.equal(changed, true);
  assert.match(warnings[0] ?? '', /"\.\/deploy" failed: not run, because its path is relative/);
  assert.equal(existsSync(join(folder, 'ran')), false);
  assert.equal(hooks?.length, 1);
  const [hook] = await registry.metadata.events({ actions: ['hook'], limit: 1 });
  assert.match(hook?.message ?? '', /relative/);
  await apply(registry, { stages: { production: { onPromote: ['true'] } } });
  assert.deepEqual((await to(registry, '2.0.0')).warnings, [], 'found on PATH');
});

test('a program that leaves another one running is not waited for', async (context) => {
  const left = join(tempFolder(context), 'pid');
  const leave = `
    const { pid } = require('node:child_process').spawn('sleep', ['600'], { stdio: 'inherit', detached: true });
    require('node:fs').writeFileSync(${JSON.stringify(left)}, String(pid));
    process.exit();`;
  const registry = await withPolicy(context, { onPromote: [process.execPath, '-e', leave] });
  assert.deepEqual((await to(registry, '1.0.0')).warnings, []);
  // It throws where that one is gone.
  process.kill(Number(readFileSync(left, 'utf8')), 'SIGKILL');
});

test('what a policy of a file runs is run as well', async (context) => {
  const fail = (code: number) => [process.execPath, '-e', `process.exit(${code})`];
  const registry = await withPolicy(context, { onPromote: fail(3) });
  const policy = { stages: { production: { onPromote: fail(4) } } };
  const { warnings } = await to(registry, '1.0.0', { policy: { policy, what: 'policy.json' } });
  assert.deepEqual(
    warnings.map((warning) => /exit code \d/.exec(warning)?.[0]),
    ['exit code 3', 'exit code 4'],
  );
});

test('the policy of one stage is removed; the others stay, and so does the history', async (context) => {
  const registry = await withPolicy(context, { require: ['accuracy>=0.92'] });
  const all = {
    stages: { production: { require: ['accuracy>=0.92'] }, staging: { require: ['size<1GB'] } },
    metrics: { churn: 'lower' },
  };
  const applied = await apply(registry, all);
  assert.equal((await to(registry, '1.0.0')).blocked?.version, '1.0.0');

  const removed = await removePolicy(registry, { stage: production, message: 'frozen' });
  assert.deepEqual(removed.policy, {
    stages: { staging: { require: ['size<1GB'] } },
    metrics: { churn: 'lower' },
  });
  assert.deepEqual([removed.changed, removed.event?.message], [true, 'frozen']);
  assert.equal((await showPolicy(registry, production)).policy, null);
  assert.deepEqual((await showPolicy(registry)).policy, removed.policy);
  assert.equal((await to(registry, '1.0.0')).changed, true);
  const { metadata } = registry;
  const kept = await metadata.events({ model: null, actions: ['policy'], limit: 9 });
  assert.deepEqual(kept[1], applied.event);
  assert.equal((await verify(registry, {})).ok, true);

  const again = await removePolicy(registry, { stage: production });
  assert.deepEqual([again.changed, again.event], [false, removed.event]);
  const last = await removePolicy(registry, { stage: staging });
  assert.deepEqual(last.policy, { metrics: { churn: 'lower' } });
  await assert.rejects(removePolicy(registry, { stage: stage('nosuch') }), failsWith('NOT_FOUND', /nosuch/));
  assert.equal((await apply(registry, all)).changed, true, 'it can be applied again');
});

test('a stage can lose its policy where nothing was applied, or after the stage is gone', async (context) => {
  const registry = await tempRegistry(context);
  const none = await removePolicy(registry, { stage: production });
  assert.deepEqual([none.changed, none.policy, none.event], [false, null, null]);
  await apply(registry, {
    stages: { production: { from: ['staging'] }, staging: { require: ['size<1GB'] } },
  });
  await removeStage(registry, { stage: staging });
  // The other section names the stage that is gone, and stays as it is.
  const { policy } = await removePolicy(registry, { stage: staging });
  assert.deepEqual(policy, { stages: { production: { from: ['staging'] } } });
  await assert.rejects(removePolicy(registry, { stage: staging }), failsWith('NOT_FOUND'));
});

test('policies removed at the same time are all removed', async (context) => {
  const registry = await tempRegistry(context);
  const require = ['size<1GB'];
  await apply(registry, { stages: { production: { require }, staging: { require } } });
  const removals = await Promise.all(
    [production, staging].map((one) => removePolicy(registry, { stage: one })),
  );
  assert.deepEqual(
    removals.map(({ changed }) => changed),
    [true, true],
  );
  assert.deepEqual((await showPolicy(registry)).policy, {});
});

test('a policy that was tampered with is not built upon', async (context) => {
  const registry = await withPolicy(context, { require: ['accuracy>=0.92'] });
  editRows(registry.home, `update events set body = replace(body, '0.92', '0.02') where action = 'policy'`);
  await assert.rejects(removePolicy(registry, { stage: production }), failsWith('INTEGRITY'));
});
