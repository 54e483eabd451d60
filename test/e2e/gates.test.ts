import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { schemaReader } from '../support/documented-json.ts';
import { model, preparedShell, type Run, type Shell } from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';
import { codeBlocks, guide } from '../support/guides.ts';

interface Gate {
  gate: string;
  verdict: string;
  observed: string;
  threshold: string;
  reason: string;
}

const policy = {
  stages: {
    staging: { require: ['accuracy>=0.5'] },
    production: {
      from: ['staging'],
      require: [
        'accuracy>=0.85',
        'accuracy>=production-0.005, log_loss<1',
        'golden',
        'signature=compatible',
        'size<10MB',
      ],
      whenEmpty: 'pass',
    },
  },
};

/** digits 1.0.0, 1.1.0 (better, and slower) and 1.2.0 (which must not reach production). */
const digits = preparedShell(async (shell) => {
  for (const name of ['digits_mlp', 'digits_mlp_v2', 'digits_mlp_bad']) {
    const about = [
      '--metadata',
      fixture(`${name}/metadata.json`),
      '--golden',
      fixture(`${name}/golden.json`),
    ];
    await shell.json('register', 'digits', model(name), ...about);
  }
  writeFileSync(join(shell.cwd, 'policy.json'), JSON.stringify(policy));
});

const verdicts = (run: Run): string[] =>
  (run.json.gates as Gate[]).map(({ gate, verdict }) => `${verdict} ${gate}`);

test('with a policy: good versions pass with their gates listed, a bad one is blocked', async (t) => {
  const shell = await digits(t);
  const applied = await shell.json('policy', 'apply', 'policy.json', '-m', 'agreed');
  assert.equal(applied.changed, true);
  assert.equal((await shell.json('policy', 'apply', 'policy.json')).changed, false);
  for (const version of ['1.0.0', '1.1.0']) {
    await shell.json('promote', `digits@${version}`, '--to', 'staging');
    const run = await shell.run('promote', `digits@${version}`, '--to', 'production', '--json');
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(verdicts(run), [
      'pass from staging',
      'pass accuracy>=0.85',
      'pass accuracy>=production-0.005',
      'pass log_loss<1',
      'pass golden',
      'pass signature=compatible',
      'pass size<10MB',
    ]);
  }
  await shell.json('promote', 'digits@1.2.0', '--to', 'staging');
  const before = await shell.json('history', 'digits', '--stage', 'production', '--limit', '1');
  const run = await shell.run('promote', 'digits@1.2.0', '--to', 'production', '--json');
  assert.equal(run.code, 5);
  const { json, error } = run;
  assert.deepEqual([json.changed, json.from, json.to, json.generation], [false, '1.1.0', '1.1.0', 2]);
  const failing = (json.gates as Gate[]).find(({ gate }) => gate === 'accuracy>=production-0.005');
  assert.deepEqual([failing?.verdict, failing?.observed], ['fail', '0.562962962962963']);
  assert.match(failing?.reason ?? '', /not >= 0\.97462962962963 .*digits@1\.1\.0 has 0\.9796/);
  assert.equal(json.event?.action, 'blocked');
  assert.equal(error.code, 'GATE_FAILED');
  assert.match(error.message, /digits@1\.2\.0 was not promoted to production: gate accuracy>=0\.85 failed/);

  const history = await shell.json('history', 'digits', '--stage', 'production', '--gates', '--limit', '2');
  assert.deepEqual(
    history.events.map(({ action }) => action),
    ['blocked', 'promote'],
  );
  assert.equal(history.events[1]?.seq, before.events[0]?.seq, 'nothing moved');
  for (const event of history.events) assert.equal((event as unknown as { gates: Gate[] }).gates.length, 7);
  const shown = (await shell.json('show', 'digits@1.2.0')).gates as (Gate & {
    stage: string;
    action: string;
  })[];
  assert.deepEqual(
    new Set(shown.map(({ stage, action }) => `${action} ${stage}`)),
    new Set(['blocked production', 'promote staging']),
  );
  assert.match(
    (await shell.run('show', 'digits@1.2.0')).stdout,
    /^gate\tblocked\tproduction\taccuracy>=0\.85\tfail/m,
  );

  const forced = await shell.json('promote', 'digits@1.2.0', '--to', 'production', '--force', '-m', 'drill');
  assert.deepEqual((forced as unknown as { overridden: string[] }).overridden.slice(0, 2), [
    'accuracy>=0.85',
    'accuracy>=production-0.005',
  ]);
  assert.equal((await shell.json('rollback', 'digits')).to, '1.1.0');
  assert.equal((await shell.json('verify')).ok, true);
});

test('--require: several in one and several times; what cannot be told is inconclusive', async (t) => {
  const shell = await digits(t);
  const promote = (...args: string[]) =>
    shell.run('promote', 'digits@1.0.0', '--to', 'production', '--json', ...args);
  const missing = await promote('--require', 'auc>=0.5, accuracy>=0.9', '--require', 'size<1MB');
  assert.equal(missing.code, 5);
  assert.deepEqual(verdicts(missing), ['inconclusive auc>=0.5', 'pass accuracy>=0.9', 'pass size<1MB']);
  assert.match(missing.error.hint ?? '', /mlreg describe digits@1\.0\.0 --metric auc=NUMBER/);
  const first = ['--require', 'accuracy>=production'];
  assert.deepEqual(verdicts(await promote(...first)), ['inconclusive accuracy>=production']);
  const passed = await promote(...first, '--when-empty', 'pass');
  assert.equal(passed.code, 0);
  assert.match((passed.json.gates as Gate[])[0]?.reason ?? '', /production is empty/);
  const error = await shell.fails(
    2,
    'promote',
    'digits@1.1.0',
    '--to',
    'production',
    '--require',
    'accuracy>=prodution',
  );
  assert.match(error.message, /expected a number or a declared stage at character 11, found/);
  assert.match(error.hint ?? '', /staging, production/);
  await shell.fails(
    2,
    'promote',
    'digits@1.1.0',
    '--to',
    'production',
    '--require',
    'accuracy>=2',
    '--force',
  );
  await shell.fails(3, 'promote', 'digits@1.1.0', '--to', 'production', '--policy', 'missing.json');
});

test('two jobs with the same --expect: one moves, the other is told', async (t) => {
  const shell = await digits(t);
  await shell.json('promote', 'digits@1.2.0', '--to', 'production');
  const job = (version: string) =>
    shell.run(
      'promote',
      `digits@${version}`,
      '--to',
      'production',
      '--expect',
      '1.2.0',
      '--require',
      'accuracy>=production',
    );
  const codes = (await Promise.all([job('1.0.0'), job('1.1.0')])).map(({ code }) => code);
  assert.deepEqual(
    codes.toSorted((a, b) => Number(a) - Number(b)),
    [0, 4],
  );
});

test('register --stage: what is blocked stays registered, and the job fails', async (t) => {
  const shell = await digits(t);
  writeFileSync(join(shell.cwd, 'strict.json'), '{"stages":{"staging":{"require":["accuracy>=0.99"]}}}');
  await shell.json('policy', 'apply', 'strict.json');
  const run = await shell.run(
    'register',
    'digits',
    model('digits_mlp_retrained'),
    '--metric',
    'accuracy=0.97',
    '--stage',
    'staging',
    '--json',
  );
  assert.equal(run.code, 5);
  assert.equal(run.json.changed, true);
  assert.equal(run.json.promotion?.to, null);
  assert.match(run.error.message, new RegExp(`${run.json.ref} was registered, but not promoted`));
  assert.equal((await shell.json('show', run.json.ref)).version, run.json.version);
});

test('approvals, by others than who registered', async (t) => {
  const shell = await digits(t);
  const promote = ['promote', 'digits@1.0.0', '--to', 'production', '--require', 'approvals>=1'];
  const refused = await shell.fails(5, ...promote);
  assert.match(refused.hint ?? '', /mlreg approve digits@1\.0\.0 --to production/);
  await shell.fails(2, 'approve', 'digits', '--to', 'production');
  const own = await shell.json('approve', 'digits@1.0.0', '--to', 'production');
  assert.match(own.warnings[0] ?? '', /does not count/);
  await shell.fails(5, ...promote);
  const approved = await shell.json(
    'approve',
    'digits@1.0.0',
    '--to',
    'production',
    '--actor',
    'ada',
    '-m',
    'fine',
  );
  assert.deepEqual((approved as unknown as { approvals: string[] }).approvals, ['ada']);
  assert.equal((await shell.json(...promote)).changed, true);
});

test('policy check: exit code, JUnit and Markdown, and nothing changes', async (t) => {
  const shell = await digits(t);
  const { length } = (await shell.json('history')).events;
  const check = ['policy', 'check', 'digits@1.2.0', '--to', 'production', '--policy', 'policy.json'];
  const run = await shell.run(...check, '--junit', 'gates.xml', '--json');
  assert.equal(run.code, 5);
  const xml = readFileSync(join(shell.cwd, 'gates.xml'), 'utf8');
  assert.match(xml, /<testsuite name="digits@1\.2\.0 to production" tests="7" failures="3" errors="0"/);
  assert.equal(xml.match(/<testcase /g)?.length, 7);
  assert.equal(xml.match(/<failure /g)?.length, 3);
  assert.match(xml, /name="accuracy&gt;=0\.85"/);
  const markdown = await shell.run(...check, '--markdown');
  assert.match(markdown.stdout, /\| ❌ fail \| `accuracy>=0\.85` \|/);
  assert.equal(
    (await shell.run('policy', 'check', 'digits@1.0.0', '--to', 'staging', '--policy', 'policy.json')).code,
    0,
  );
  await shell.fails(3, ...check, '--junit', 'no/such/folder.xml');
  assert.equal((await shell.json('history')).events.length, length);
});

test('hostile text of metrics, actors and programs does no harm where gates are shown', async (t) => {
  const shell = await digits(t);
  const bad = '\u001b[2J::set-output name=x::<b>"&|';
  const gate = `"${bad.replaceAll('"', '""')}">=1`;
  const args = ['policy', 'check', 'digits@1.0.0', '--to', 'staging', '--require', gate];
  for (const form of [[], ['--json'], ['--markdown'], ['--junit', 'out.xml']]) {
    const run = await shell.run(...args, ...form);
    assert.equal(run.code, 5);
    assert.doesNotMatch(run.stdout + run.stderr, /\u001b/);
  }
  assert.doesNotMatch(readFileSync(join(shell.cwd, 'out.xml'), 'utf8'), /\u001b|<b>/);
});

test('the published schema accepts what apply accepts', async (t) => {
  const shell = await digits(t);
  const schema = JSON.parse((await shell.run('schema', 'policy')).stdout) as object;
  const valid = schemaReader().compile(schema);
  const full = {
    stages: {
      production: {
        ...policy.stages.production,
        soak: '24h',
        protected: ['release-bot'],
        bench: { duration: '2s', batch: 1, shapes: { X: [1, 64] }, timeout: '30s', memoryLimit: '2GiB' },
        onPromote: ['/srv/bin/deploy', '--now'],
      },
    },
    metrics: { churn_cost: 'lower' },
  };
  assert.ok(valid(full), JSON.stringify(valid.errors));
  writeFileSync(join(shell.cwd, 'full.json'), JSON.stringify(full));
  assert.equal((await shell.json('policy', 'apply', 'full.json')).changed, true);
  for (const wrong of [
    { stage: {} },
    { stages: { production: { whenEmpty: 'maybe' } } },
    { metrics: { a: 1 } },
  ]) {
    assert.equal(valid(wrong), false);
    writeFileSync(join(shell.cwd, 'wrong.json'), JSON.stringify(wrong));
    await shell.fails(2, 'policy', 'apply', 'wrong.json');
  }
  const shown = await shell.json('policy', 'show', 'production');
  assert.deepEqual((shown as unknown as { policy: object }).policy, { stages: full.stages });
});

test('a program of the policy that fails: exit code 0 and a warning, or 10 where that was asked for', async (t) => {
  const shell = await digits(t);
  const policy = { stages: { production: { onPromote: [join(shell.cwd, 'policy.json', 'no-folder')] } } };
  writeFileSync(join(shell.cwd, 'hook.json'), JSON.stringify(policy));
  await shell.json('policy', 'apply', 'hook.json');
  const moved = await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  assert.match(moved.warnings[0] ?? '', /failed: .*ENOTDIR/);
  const failed = await shell.run('promote', 'digits@1.1.0', '--to', 'production', '--fail-on-hook', '--json');
  assert.deepEqual([failed.code, failed.json.to, failed.json.changed], [10, '1.1.0', true]);
  assert.deepEqual([failed.error.code, failed.error.exitCode], ['HOOK_FAILED', 10]);
  assert.match(
    failed.error.message,
    /digits@1\.1\.0 was promoted to production, but its onPromote hook .*ENOTDIR/,
  );
  assert.equal(failed.error.details?.['event'], failed.json.event?.seq);
  const again = await shell.run('promote', 'digits@1.1.0', '--to', 'production', '--fail-on-hook');
  assert.equal(again.code, 0, 'nothing moved, so nothing was run');
  const args = ['--stage', 'production', '--if-exists', 'new', '--fail-on-hook', '-q'];
  const registered = await shell.run('register', 'digits', model('digits_mlp'), ...args);
  assert.deepEqual(
    [registered.code, registered.stdout.trim()],
    [10, (await shell.json('show', 'digits@production')).ref],
  );
  await shell.fails(2, 'register', 'digits', model('digits_mlp'), '--fail-on-hook');
  writeFileSync(join(shell.cwd, 'hook.json'), JSON.stringify(policy).replace(shell.cwd, '.'));
  assert.match(
    (await shell.fails(2, 'policy', 'apply', 'hook.json')).message,
    /must be an absolute path or a program on PATH/,
  );
});

test('latency gates are measured in that run: a slower model does not pass, a model against itself does not fail', async (t) => {
  const shell = await digits(t);
  const bench = { duration: '400ms', launches: 1 };
  writeFileSync(join(shell.cwd, 'bench.json'), JSON.stringify({ stages: { production: { bench } } }));
  const settings = ['--to', 'production', '--policy', 'bench.json', '--json'];
  const promote = (ref: string, gates: string) => shell.run('promote', ref, ...settings, '--require', gates);
  const limits = await promote('digits@1.0.0', 'p50<10s, p99<20s');
  assert.deepEqual(verdicts(limits), ['pass p50<10s', 'pass p99<20s']);
  const [first] = limits.json.gates as Gate[];
  assert.match(first?.reason ?? '', /runs took longer than 10s.*\(benchmark [0-9a-f-]{36}\)/);
  const slower = await promote('digits@1.1.0', 'p50<=production*1.05');
  assert.equal(slower.code, 5, slower.stdout);
  const [compared] = slower.json.gates as Gate[];
  // On a machine that is busy enough, nothing can be told.
  assert.notEqual(compared?.verdict, 'pass');
  const kept = async (version: string) =>
    ((await shell.json('show', `digits@${version}`)) as unknown as { benches: unknown[] }).benches.length;
  assert.deepEqual([await kept('1.0.0'), await kept('1.1.0')], [1, 1], 'one measurement for both limits');
  const itself = await shell.run(
    'policy',
    'check',
    'digits@1.0.0',
    ...settings,
    '--require',
    'p50<=production*1.05',
  );
  assert.notEqual((itself.json.gates as Gate[])[0]?.verdict, 'fail');
  assert.equal(await kept('1.0.0'), 1, 'a check keeps nothing');
});

test('a latency gate does not pass a version whose outputs are not those of its golden set', async (t) => {
  const shell = await digits(t);
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  const set = JSON.parse(readFileSync(fixture('digits_mlp/golden.json'), 'utf8')) as {
    cases: { outputs: { label: { data: number[] } } }[];
  };
  set.cases[0]!.outputs.label.data[0]! += 1;
  writeFileSync(join(shell.cwd, 'wrong.json'), JSON.stringify(set));
  await shell.json('register', 'digits', model('digits_mlp'), '--golden', 'wrong.json', '--version', '3.0.0');
  for (const gate of ['p50<10s', 'p50<=production*5']) {
    const args = ['digits@3.0.0', '--to', 'production', '--require', gate, '--json'];
    const run = await shell.run('promote', ...args);
    assert.equal(run.code, 5, run.stdout);
    const [judged] = run.json.gates as Gate[];
    assert.deepEqual([judged?.verdict, judged?.observed], ['inconclusive', 'outputs differ']);
    assert.match(judged?.reason ?? '', /differ from its golden set: cases\[0\], output "label"\[0\]/);
  }
});

test('what help policies shows is so: its gates read, its policy applies, its commands run', async (t) => {
  const shell = await digits(t);
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  const help = (await shell.run('help', 'policies')).stdout;
  const rows = [
    ...(/gate +meaning\n([^]*?)\n\n/.exec(help)?.[1] ?? '').matchAll(/^ {2}(\S.*?)(?: {2,}(?!rmse).*)?$/gm),
  ];
  const gates = rows.flatMap(([, gate = '']) => gate.split(/ {2,}/));
  assert.ok(gates.length >= 13, gates.join('\n'));
  for (const gate of gates.filter((one) => !/^p\d\d/.test(one))) {
    const { code, stderr } = await shell.run(
      'policy',
      'check',
      'digits@1.1.0',
      '--to',
      'production',
      '--require',
      gate,
    );
    assert.ok(code === 0 || code === 5, `${gate}: ${stderr}`);
  }
  writeFileSync(join(shell.cwd, 'policy.json'), codeBlocks(guide('policies'), 'json').join(''));
  assert.equal((await shell.json('policy', 'apply', 'policy.json')).changed, true);
  await shell.json('policy', 'apply', writeEmpty(shell));
  const commands = [...help.matchAll(/^ {2}mlreg (.+)$/gm)].map(([, words = '']) => words);
  assert.equal(commands.length, 4);
  for (const words of commands) {
    const args = [...words.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
    const run = await shell.run(...args);
    assert.equal(run.code, 0, `${words}: ${run.stderr}`);
  }
});

function writeEmpty(shell: Shell): string {
  writeFileSync(join(shell.cwd, 'empty.json'), '{}');
  return 'empty.json';
}
