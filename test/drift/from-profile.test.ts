import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DriftResult } from '../../src/drift/drift-report.ts';
import { driftVersion } from '../../src/drift/drift-version.ts';
import { mergeProfiles } from '../../src/profile/merge-profiles.ts';
import { profileData } from '../../src/profile/profile-data.ts';
import { profileTable } from '../../src/profile/profile-table.ts';
import { saveProfile } from '../../src/profile/stored-profile.ts';
import { resolve } from '../../src/registry/resolve.ts';
import { driftInput } from '../support/drifted.ts';
import { generated, profileInput } from '../support/profiled.ts';
import { fixture, tempFolder } from '../support/temp-folder.ts';
import { add, ref, tempRegistry } from '../support/temp-registry.ts';

const folder = fixture('drift');
const refused = new Set(['duplicate-header']);
const cases = readdirSync(folder, { withFileTypes: true }).filter(
  (entry) => entry.isDirectory() && !refused.has(entry.name),
);

/** What does not depend on where the reference comes from. */
function judged({ columns, skipped, findings, drifted, share }: DriftResult) {
  return { columns, skipped, findings, drifted, share };
}

for (const { name } of cases)
  test(`drift from a stored profile is drift from the data: ${name}`, async (t) => {
    const registry = await tempRegistry(t);
    await add(registry, 'm', join(folder, 'golden.json'));
    const [reference, live] = [join(folder, name, 'reference.csv'), join(folder, name, 'current.csv')];
    await profileData(registry, { ...profileInput(reference), ref: ref('m'), save: true });
    const input = driftInput('m', reference, live);
    const fromData = await driftVersion(registry, input);
    const fromProfile = await driftVersion(registry, { ...input, reference: null });
    // These files are small: their profiles are exact.
    assert.deepEqual(judged(fromProfile), judged(fromData));
    const { kind, error, digest, file } = fromProfile.reference;
    assert.deepEqual([kind, error], ['profile', 0]);
    assert.deepEqual([digest, file], [fromData.reference.digest, fromData.reference.file]);
  });

test('from a profile that is not exact, merged of ten, the verdicts are those from the data', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'm', join(folder, 'golden.json'));
  const place = tempFolder(t);
  const kinds = ['plain', 'skewed', 'ties', 'far'];
  const rows = 20_000;
  const write = (name: string, from: number, to: number, shift: number, seed: number): string => {
    const columns = kinds.map((kind) => generated(kind, rows, seed).subarray(from, to));
    const lines = Array.from(columns[0] ?? [], (_, row) =>
      columns.map((column, at) => (at % 2 === 0 ? shift : 0) + (column[row] as number)).join(','),
    );
    const path = join(place, name);
    writeFileSync(path, `${kinds.join(',')}\n${lines.join('\n')}\n`);
    return path;
  };
  const reference = write('reference.csv', 0, rows, 0, 42);
  const parts = Array.from({ length: 10 }, (_, at) => write(`${at}.csv`, at * 2000, (at + 1) * 2000, 0, 42));
  const none = { types: new Map(), redact: new Set<string>() };
  const profiles = [];
  for (const path of parts)
    profiles.push({ what: path, profile: await profileTable({ path, kindFlag: '--x' }, none) });
  await saveProfile(registry, await resolve(registry, ref('m')), mergeProfiles(profiles));
  for (const shift of [0, 0.3]) {
    const live = write('live.csv', 0, 9000, shift, 7);
    const input = driftInput('m', reference, live);
    const fromData = await driftVersion(registry, input);
    const fromProfile = await driftVersion(registry, { ...input, reference: null });
    const error = fromProfile.reference.error ?? assert.fail();
    assert.ok(error > 0 && error < 0.005, String(error));
    assert.equal(fromProfile.drifted, fromData.drifted);
    for (const [at, column] of fromData.columns.entries()) {
      const other = fromProfile.columns[at] ?? assert.fail();
      assert.deepEqual(
        [other.name, other.method, other.drifted],
        [column.name, column.method, column.drifted],
      );
      const [one, two] = [other.measures.ks?.statistic ?? 0, column.measures.ks?.statistic ?? 0];
      assert.ok(Math.abs(one - two) <= error, `${column.name}: ${one}, ${two}`);
    }
  }
});

test('a redacted column is not compared, which is said', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'm', join(folder, 'golden.json'));
  const path = join(tempFolder(t), 'in.csv');
  writeFileSync(
    path,
    readFileSync(join(folder, 'one-row/reference.csv'), 'utf8')
      .replace('x', 'x,y')
      .replaceAll(/^(.*\d)$/gm, '$1,1'),
  );
  await profileData(registry, { ...profileInput(path), ref: ref('m'), save: true, redact: new Set(['x']) });
  const { skipped, columns } = await driftVersion(registry, {
    ...driftInput('m', path, path),
    reference: null,
  });
  assert.deepEqual(skipped, [{ name: 'x', reason: 'redacted in the profile' }]);
  assert.deepEqual(
    columns.map(({ name }) => name),
    ['y'],
  );
});
