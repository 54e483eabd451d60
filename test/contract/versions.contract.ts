import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import semver from 'semver';
import type { Digest } from '../../src/core/versions/artifact.ts';
import { parseModelPattern } from '../../src/core/versions/model-pattern.ts';
import { parseModelName, type ModelName, type StageName } from '../../src/core/versions/reference.ts';
import { sortKey, type Version } from '../../src/core/versions/version.ts';
import type { MetadataStore } from '../../src/storage/metadata-store.ts';
import {
  created,
  digestOfText,
  digits,
  exactly,
  issue,
  push,
  staging,
  start,
  v,
} from '../support/metadata-samples.ts';
import type { OpenStore } from './metadata-store.contract.ts';

async function allPages(store: MetadataStore, limit: number, yanked: boolean): Promise<string[]> {
  const found: string[] = [];
  for (let below: string | undefined; ;) {
    const page = await store.versions({
      name: digits,
      limit,
      yanked,
      ...(below === undefined ? {} : { below }),
    });
    assert.ok(page.rows.length <= limit);
    found.push(...page.rows.map((record) => record.version));
    if (page.next === undefined) return found;
    assert.equal(page.rows.length, limit, 'only the last page is short');
    below = page.next;
  }
}

export function versionContract(name: string, open: OpenStore): void {
  const promise = (what: string, check: (store: MetadataStore) => Promise<void>): void =>
    void test(`${name}: ${what}`, async (context) => check(await open(context)));
  const yank = (store: MetadataStore, version: string, reason: string | null = 'bad') =>
    store.yank({ name: digits, version: v(version), reason, actor: 'ada', at: start });

  promise('a registry knows its id, its age and its stages', async (store) => {
    const { id, createdAt } = await store.registry();
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.equal(createdAt, start);
    assert.equal(await store.collections(), 0);
    assert.deepEqual(await store.stages(), ['staging', 'production']);
  });

  promise('what is not there is undefined or empty', async (store) => {
    assert.equal(await store.hasModel(digits), false);
    assert.equal(await store.version(digits, v('1.0.0')), undefined);
    assert.equal(await store.latest(digits), undefined);
    assert.deepEqual(await store.versions({ name: digits, limit: 5, yanked: true }), { rows: [] });
    assert.deepEqual(await store.models({ limit: 5 }), { rows: [] });
    assert.deepEqual(await store.digests(digits, 'sha256:00'), []);
    assert.equal(await store.byDigest(digits, digestOfText('x')), undefined);
    assert.deepEqual(await store.children(digits, v('1.0.0')), []);
    assert.deepEqual(await store.neededBlobs({ limit: 5 }), []);
    assert.deepEqual(await store.check(), []);
  });

  promise('latest is the highest release that is not yanked', async (store) => {
    await issue(store, '1.0.0', '1.10.0', '1.9.0', '2.0.0-rc.1');
    assert.equal((await store.latest(digits))?.version, '1.10.0');
    await yank(store, '1.10.0');
    assert.equal((await store.latest(digits))?.version, '1.9.0');
    await yank(store, '1.9.0');
    await yank(store, '1.0.0');
    assert.equal((await store.latest(digits))?.version, '2.0.0-rc.1');
    await yank(store, '2.0.0-rc.1');
    assert.equal(await store.latest(digits), undefined);
    await yank(store, '1.0.0', null);
    assert.equal((await store.latest(digits))?.version, '1.0.0');
  });

  promise('pages together are the whole list, by precedence', async (store) => {
    const pool =
      '1.0.0 1.0.1 1.2.0 1.10.0 2.0.0-alpha 2.0.0-alpha.1 2.0.0-alpha.beta 2.0.0-2 2.0.0-11 2.0.0 10.0.0 0.1.0'.split(
        ' ',
      );
    const yanked = new Set(['1.2.0', '2.0.0-11', '10.0.0']);
    await issue(store, ...pool);
    for (const version of yanked) await yank(store, version);
    const whole = pool.toSorted((a, b) => semver.rcompare(a, b));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 14 }), fc.boolean(), async (limit, withYanked) => {
        const expected = whole.filter((version) => withYanked || !yanked.has(version));
        assert.deepEqual(await allPages(store, limit, withYanked), expected);
      }),
      { numRuns: 20 },
    );
  });

  promise('models are listed by name, in pages, with latest and stages', async (store) => {
    for (const model of ['zebra', 'digits', 'a/b', 'a-b', 'a']) {
      await created(store, { name: parseModelName(model), bytes: model });
    }
    await created(store, { bytes: 'second' });
    await push(store, '1.0.0');
    await push(store, '1.1.0', { stage: staging });
    const names: string[] = [];
    for (let after: ModelName | undefined; ;) {
      const { rows, next } = await store.models({ limit: 2, ...(after === undefined ? {} : { after }) });
      names.push(...rows.map((row) => row.name));
      if (next === undefined) break;
      after = next;
    }
    assert.deepEqual(names, ['a', 'a-b', 'a/b', 'digits', 'zebra']);
    const begun: [prefix: string, names: string[]][] = [
      ['', ['a', 'a-b', 'a/b', 'digits', 'zebra']],
      ['a', ['a', 'a-b', 'a/b']],
      ['a/', ['a/b']],
      ['digits', ['digits']],
      ['digits%', []],
      ['x', []],
    ];
    for (const [prefix, expected] of begun) {
      const { rows } = await store.models({ limit: 9, prefix });
      assert.deepEqual(
        rows.map((row) => row.name),
        expected,
        prefix,
      );
    }
    const matching = async (
      text: string,
      rest: { after?: ModelName; stage?: StageName; limit?: number } = {},
    ) => {
      const { rows, next } = await store.models({ limit: 9, pattern: parseModelPattern(text), ...rest });
      return [...rows.map((row) => row.name), ...(next === undefined ? [] : [`after ${next}`])];
    };
    assert.deepEqual(await matching('*'), ['a', 'a-b', 'digits', 'zebra']);
    assert.deepEqual(await matching('a*'), ['a', 'a-b']);
    assert.deepEqual(await matching('a/**'), ['a/b']);
    assert.deepEqual(await matching('**'), ['a', 'a-b', 'a/b', 'digits', 'zebra']);
    assert.deepEqual(await matching('none/*'), []);
    assert.deepEqual(await matching('*', { limit: 2 }), ['a', 'a-b', 'after a-b']);
    assert.deepEqual(await matching('*', { limit: 2, after: parseModelName('a-b') }), ['digits', 'zebra']);
    assert.deepEqual(await matching('*i*', { stage: staging }), ['digits']);
    assert.deepEqual(await matching('a*', { stage: staging }), []);
    assert.deepEqual(
      (await store.models({ limit: 9, pattern: parseModelPattern('dig*') })).rows[0]?.latest,
      '1.1.0',
    );
    assert.deepEqual(await store.models({ limit: 9, stage: staging }), {
      rows: [
        {
          name: 'digits',
          versions: 2,
          latest: '1.1.0',
          stages: [
            { stage: 'staging', version: '1.1.0' },
            { stage: 'production', version: '1.0.0' },
          ],
          description: null,
          owner: null,
        },
      ],
    });
    await push(store, null, { stage: staging });
    assert.deepEqual((await store.models({ limit: 9, stage: staging })).rows, []);
  });

  promise('yanked versions are counted between two places of the order', async (store) => {
    await issue(store, '1.0.0', '1.1.0', '1.2.0', '2.0.0', '3.0.0-rc.1');
    const count = (range: { below?: string; above?: string; most?: number } = {}) =>
      store.countYanked({ name: digits, most: 9, ...range });
    assert.equal(await count(), 0);
    for (const version of ['1.0.0', '1.2.0', '3.0.0-rc.1']) await yank(store, version);
    assert.equal(await count(), 3);
    assert.equal(await count({ most: 2 }), 2);
    const [low, high] = ['1.0.0', '2.0.0'].map((version) => sortKey(v(version)));
    assert.equal(await count({ below: high ?? '' }), 2);
    assert.equal(await count({ above: low ?? '' }), 2);
    assert.equal(await count({ above: low ?? '', below: high ?? '' }), 1);
    await store.delete({ name: digits, version: v('1.2.0'), actor: 'ada', at: start });
    assert.equal(await count(), 2, 'without deleted ones');
    assert.equal(await store.countYanked({ name: parseModelName('other'), most: 9 }), 0);
  });

  promise('a digest finds the highest version that has it, unyanked ones first', async (store) => {
    for (const version of ['1.0.0', '3.0.0', '2.0.0']) {
      await created(store, { number: exactly(version), ifExists: 'new' });
    }
    const { digest } = (await store.latest(digits))?.artifact ?? { digest: '' as Digest };
    assert.equal((await store.byDigest(digits, digest))?.version, '3.0.0');
    await yank(store, '3.0.0');
    assert.equal((await store.byDigest(digits, digest))?.version, '2.0.0');
    await yank(store, '2.0.0');
    await yank(store, '1.0.0');
    assert.equal((await store.byDigest(digits, digest))?.version, '3.0.0');
    assert.deepEqual(await store.digests(digits, digest.slice(0, 15)), [digest]);
    assert.deepEqual(await store.digests(parseModelName('other'), digest.slice(0, 15)), []);
  });

  promise('of digests with one start two are named, each once', async (store) => {
    for (const bytes of ['a', 'b', 'c']) await created(store, { bytes });
    await created(store, { bytes: 'a', ifExists: 'new' });
    const found = await store.digests(digits, 'sha256:');
    assert.equal(new Set(found).size, 2);
  });

  promise('children are found by their parent, oldest first', async (store) => {
    await issue(store, '1.0.0', '1.1.0');
    const parents = [`${digits}@1.0.0`];
    await created(store, { name: parseModelName('z'), bytes: 'z', facts: { parents } });
    await created(store, { name: parseModelName('a'), bytes: 'a', facts: { parents } });
    assert.deepEqual(await store.children(digits, v('1.0.0')), ['z@1.0.0', 'a@1.0.0']);
    assert.deepEqual(await store.children(digits, v('1.1.0')), []);
    assert.deepEqual((await store.version(parseModelName('z'), v('1.0.0')))?.parents, parents);
    await store.delete({ name: parseModelName('z'), version: v('1.0.0'), actor: 'ada', at: 9 });
    assert.deepEqual(await store.children(digits, v('1.0.0')), ['a@1.0.0']);
    assert.deepEqual(await store.children(digits, v('1.0.0'), { deleted: true }), ['z@1.0.0', 'a@1.0.0']);
  });

  promise('files come back in the order of their names', async (store) => {
    const files = ['a', 'a.b', 'a/b', 'é', '\uff5e', '\u{1f600}'].map((path) => {
      return { path, digest: digestOfText(path), size: path.length };
    });
    const artifact = { digest: digestOfText('m'), configDigest: digestOfText('c'), size: 9, files };
    await created(store, { facts: { artifact } });
    assert.deepEqual((await store.version(digits, v('1.0.0')))?.artifact, artifact);
  });

  promise('a yank carries its reason, and is not repeated', async (store) => {
    await issue(store, '1.0.0');
    await push(store, '1.0.0');
    const first = await store.yank({
      name: digits,
      version: v('1.0.0'),
      reason: 'leaks',
      actor: 'eve',
      at: start + 9,
    });
    assert.equal(first.changed, true);
    assert.deepEqual(first.stages, ['production']);
    assert.equal(first.event?.message, 'leaks');
    assert.deepEqual((await store.version(digits, v('1.0.0')))?.yanked, {
      at: start + 9,
      actor: 'eve',
      reason: 'leaks',
    });
    const events = await store.events({ limit: 20 });
    assert.deepEqual(await yank(store, '1.0.0', 'again'), { changed: false, stages: ['production'] });
    assert.deepEqual(await store.events({ limit: 20 }), events);
    assert.equal((await yank(store, '1.0.0', null)).event?.action, 'unyank');
    assert.equal((await store.version(digits, v('1.0.0')))?.yanked, null);
    assert.equal((await yank(store, '1.0.0', null)).changed, false);
    assert.equal((await store.pointer(digits, (await store.stages())[1] ?? staging)).version, '1.0.0');
  });

  promise('every blob that a version needs is named once, in slices by digest', async (store) => {
    for (const bytes of ['a', 'b', 'c']) await created(store, { bytes });
    await created(store, { bytes: 'a', ifExists: 'new' });
    const expected = ['a', 'b', 'c'].flatMap((bytes) => [
      { digest: digestOfText(bytes), size: 1 },
      { digest: digestOfText(`manifest of ${bytes}`), size: null },
      { digest: digestOfText(`config of ${bytes}`), size: null },
    ]);
    expected.sort((a, b) => (a.digest < b.digest ? -1 : 1));
    for (const limit of [1, 2, 4, 9, 100]) {
      const found: { digest: Digest; size: number | null }[] = [];
      for (;;) {
        const after = found.at(-1)?.digest;
        const slice = await store.neededBlobs({ limit, ...(after === undefined ? {} : { after }) });
        if (slice.length === 0) break;
        assert.ok(slice.length <= limit);
        found.push(...slice);
      }
      assert.deepEqual(found, expected, `in slices of ${limit}`);
    }
  });

  promise('a version is found by its exact spelling only', async (store) => {
    await issue(store, '1.0.0+gpu');
    assert.equal((await store.version(digits, v('1.0.0+gpu')))?.version, '1.0.0+gpu');
    assert.equal(await store.version(digits, '1.0.0' as Version), undefined);
  });
}
