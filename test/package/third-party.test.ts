import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { thirdPartyLicenses } from '../../src/build/third-party.ts';
import { root } from '../support/npm.ts';
import { tempFolder } from '../support/temp-folder.ts';

const dist = join(root, 'dist');
const notices = readFileSync(join(dist, 'THIRD-PARTY-LICENSES'), 'utf8');

/** Packages whose code is in the bundles, each with a text that tells that it is. */
const bundled: Record<string, { file: string; mark: RegExp }> = {
  'better-sqlite3': { file: 'mlreg.cjs', mark: /Transaction function cannot return a promise/ },
  chalk: { file: 'chalk.cjs', mark: /supportsColor/ },
  'cli-progress': { file: 'cli-progress.cjs', mark: /hideCursor/ },
  'cli-table3': { file: 'cli-table3.cjs', mark: /colWidths/ },
  commander: { file: 'mlreg.cjs', mark: /commander\.unknownOption/ },
  ignore: { file: 'ignore.cjs', mark: /ignoreCase/ },
  'jsonc-parser': { file: 'jsonc-parser.cjs', mark: /onObjectProperty/ },
  kysely: { file: 'index.js', mark: /kysely/ },
  semver: { file: 'index.js', mark: /Invalid SemVer|Invalid Version/ },
  zod: { file: 'zod.cjs', mark: /unrecognized_keys/ },
  'string-width': { file: 'cli-table3.cjs', mark: /codePointAt/ },
  'ansi-regex': { file: 'cli-table3.cjs', mark: /onlyFirst/ },
};

for (const [name, { file, mark }] of Object.entries(bundled)) {
  test(`the notices hold the licence of ${name}, whose code is in ${file}`, () => {
    assert.ok(mark.test(readFileSync(join(dist, file), 'utf8')), `${mark} is not in it`);
    const folder = join(root, 'node_modules', name);
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    assert.ok(notices.includes(`\n${name} ${version} (`), 'it is named with its version');
    const licence = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry)) ?? '';
    assert.ok(
      notices.includes(readFileSync(join(folder, licence), 'utf8').trim()),
      'its licence is there, whole',
    );
  });
}

test('every package in the notices may be passed on with a notice alone', () => {
  const named = [...notices.matchAll(/^-{80}\n(\S+) \S+ \((.+)\)$/gm)];
  assert.ok(named.length >= Object.keys(bundled).length);
  for (const [, name, licence = ''] of named)
    assert.ok(
      ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause'].includes(licence),
      `${name}: ${licence}`,
    );
});

test('what runs outside of the bundles is not in them, and a package without a licence stops the build', (t) => {
  assert.doesNotMatch(notices, /^(?:onnxruntime|typescript|esbuild)/m);
  const used = (file: string) => ({
    inputs: {},
    outputs: { x: { bytes: 1, imports: [], exports: [], inputs: { [file]: { bytesInOutput: 1 } } } },
  });
  assert.match(thirdPartyLicenses([used('node_modules/semver/index.js')]), /^semver .*ISC/m);
  assert.doesNotMatch(thirdPartyLicenses([used('src/index.ts')]), /---/);
  const folder = join(tempFolder(t), 'node_modules', 'bare');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'bare', version: '1.0.0' }));
  assert.throws(() => thirdPartyLicenses([used(join(folder, 'index.js'))]), /bare is bundled.*no licence/);
});
