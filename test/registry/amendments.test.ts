import assert from 'node:assert/strict';
import { Chalk } from 'chalk';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Statement } from '../../src/core/versions/statement.ts';
import { approve } from '../../src/registry/stages/approve.ts';
import { attest } from '../../src/registry/exchange/attest.ts';
import { compare } from '../../src/registry/inspect/compare.ts';
import { describe } from '../../src/registry/versions/describe.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { lookAround, show } from '../../src/registry/inspect/show.ts';
import { cardMarkdown } from '../../src/render/inspect/card-markdown.ts';
import { compareView } from '../../src/render/inspect/compare-view.ts';
import { showView } from '../../src/render/inspect/show-view.ts';
import { failsWith, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  editRows,
  exact,
  ref,
  stage,
  tempRegistry,
  type TempRegistry,
} from '../support/temp-registry.ts';

const production = stage('production');
const one = exact('a@1.0.0');
const as = (registry: Registry, actor: string): Registry => ({ ...registry, actor });

/** a@1.0.0 with acc 0.5 and a@2.0.0 with acc 0.7, by ada. */
async function two(context: Cleanup): Promise<TempRegistry> {
  const registry = await tempRegistry(context);
  const folder = tempFolder(context);
  for (const [index, acc] of [0.5, 0.7].entries()) {
    const path = join(folder, `${index}.bin`);
    writeFileSync(path, String(index));
    await add(as(registry, 'ada'), 'a', path, {
      number: { kind: 'bump', level: 'major' },
      metadata: { metrics: { acc } },
    });
  }
  return registry;
}

const replace = (registry: Registry, acc: number, ref = one) =>
  describe(registry, { ref, amendment: { metrics: { acc } }, force: true, message: 'wrong split' });

const amended = /amended by eve in event 4, registered as 0\.5/;

test('to replace a metric that was given at registration takes force and a reason', async (context) => {
  const registry = await two(context);
  const acc = { ref: one, amendment: { metrics: { acc: 0.99 } } };
  await assert.rejects(
    describe(registry, acc),
    failsWith(
      'CONFLICT',
      /refusing to replace a metric given at the registration of a@1\.0\.0: "acc" \(now 0\.5\)/,
    ),
  );
  for (const message of [undefined, ' '])
    await assert.rejects(
      describe(registry, { ...acc, force: true, ...(message === undefined ? {} : { message }) }),
      failsWith('USAGE', /needs a reason/),
    );
  const live = { ref: one, amendment: { metrics: { live: 0.9, acc: 0.5 } } };
  assert.equal((await describe(registry, live)).changed, true);
  assert.equal((await describe(registry, { ref: one, amendment: { metrics: { live: 0.8 } } })).changed, true);
  assert.equal((await replace(registry, 0.99)).metadata.metrics?.['acc'], 0.99);
});

test('show, card, compare, gate and attestation name who replaced a metric, and in which event', async (context) => {
  const registry = await two(context);
  await replace(as(registry, 'eve'), 0.99);
  const shown = await show(registry, ref('a@1'));
  const view = showView({ files: false, metadata: false }, (result) => lookAround(registry, result));
  const [amendment] = view.json(shown)['amendments'] as Record<string, unknown>[];
  assert.deepEqual(amendment, {
    metric: 'acc',
    value: 0.99,
    before: 0.5,
    registered: 0.5,
    actor: 'eve',
    at: '2026-01-01T00:00:00.000Z',
    message: 'wrong split',
    event: 4,
    registry: null,
  });
  const style = { color: new Chalk({ level: 0 }), width: 200, now: registry.clock.at };
  assert.match(await view.text(shown, style), /amended +acc: amended by eve in event 4, registered as 0\.5/);
  const row = view.plain(shown).find(([kind]) => kind === 'amended');
  assert.deepEqual(row, ['amended', 'acc', 'amended by eve in event 4, registered as 0.5']);
  assert.match(
    cardMarkdown(shown),
    /\| `acc` \| `0\.99` \| `amended by eve in event 4, registered as 0\.5` \|/,
  );
  assert.doesNotMatch(cardMarkdown(await show(registry, ref('a@2'))), /registration|amended/);

  const compared = await compare(registry, [ref('a@1'), ref('a@2')]);
  const comparison = compareView({ all: false });
  assert.deepEqual(comparison.json(compared)['amendments'], [{ ref: 'a@1.0.0', ...amendment }]);
  for (const text of [
    comparison.text(compared, style),
    comparison.markdown?.(compared) ?? '',
    comparison.plain(compared).join('\n'),
  ])
    assert.match(text, amended);
  assert.match(
    comparison.markdown?.(compared) ?? '',
    /^- `acc of a@1\.0\.0: amended by eve in event 4, registered as 0\.5`$/m,
    'names stay as they are, and no name is mark-up or a @mention',
  );

  const require = ['acc>=0.9'];
  const { gates } = await promote(registry, { ref: one, stage: production, require });
  assert.match(gates[0]?.reason ?? '', amended);
  const relative = { ref: exact('a@2.0.0'), stage: production, require: ['acc>=production-0.1'] };
  const { gates: beside } = await promote(registry, relative);
  assert.match(
    beside[0]?.reason ?? '',
    /a@1\.0\.0 has 0\.99, amended by eve in event 4/,
    'of the holder, too',
  );
  const said = (statements: Statement[]) =>
    statements.map(({ predicate }) => (predicate as { mlreg: { amended?: object[] } }).mlreg.amended);
  const { statements } = await attest(registry, { ref: ref('a@1') });
  const text = 'amended by eve in event 4, registered as 0.5';
  assert.deepEqual(said(statements), [[{ ...amendment, text }], [{ ...amendment, text }]]);
  await replace(registry, 0.5);
  assert.deepEqual(
    said((await attest(registry, { ref: ref('a@1') })).statements),
    said(statements),
    'as it was when it was judged',
  );
  editRows(registry.home, `update events set body = replace(body, 'wrong split', 'right') where seq = 4`);
  await assert.rejects(attest(registry, { ref: ref('a@1') }), failsWith('INTEGRITY', /event 4 was changed/));
});

test('an approval counts for the metrics that were approved, not for those that came later', async (context) => {
  const registry = await two(context);
  const input = { ref: one, stage: production };
  const require = ['approvals>=1'];
  await approve(as(registry, 'bob'), input);
  await describe(registry, { ref: one, amendment: { description: 'other words' } });
  const attempt = () => promote(registry, { ...input, require, dryRun: true });
  assert.equal((await attempt()).blocked, undefined);
  await replace(as(registry, 'eve'), 0.99);
  const { gates, blocked } = await attempt();
  assert.equal(
    gates[0]?.reason,
    'no approvals for production; outdated: by bob in event 4 (acc was amended by eve in event 6, ' +
      'registered as 0.5); ada, who registered it, does not count',
  );
  assert.match(blocked?.hint ?? '', /approve it again: mlreg approve a@1\.0\.0 --to production/);
  const again = await approve(as(registry, 'bob'), input);
  assert.deepEqual([again.changed, again.approvals], [true, ['bob']]);
  assert.match((await attempt()).gates[0]?.reason ?? '', /^approved for production by bob$/);
  await describe(as(registry, 'eve'), { ref: one, amendment: { metrics: { live: 1 } } });
  assert.match((await attempt()).gates[0]?.reason ?? '', /\(live was added by eve in event 8\)/);
});

test('an approval that an amendment voids after the gates were judged does not let the version pass', async (context) => {
  const registry = await two(context);
  const input = { ref: one, stage: production };
  await approve(as(registry, 'bob'), input);
  let moves = 0;
  const interrupted: Registry = {
    ...registry,
    metadata: {
      ...registry.metadata,
      move: async (move) => {
        if ((moves += 1) === 1) await replace(as(registry, 'eve'), 0.99);
        return registry.metadata.move(move);
      },
    },
  };
  const { blocked } = await promote(interrupted, { ...input, require: ['approvals>=1'] });
  assert.equal(blocked?.version, '1.0.0');
});
