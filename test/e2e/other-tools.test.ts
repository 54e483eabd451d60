import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { codeBlocks, guide } from '../support/guides.ts';
import { bin, cleanEnv, type Result } from '../support/run-cli.ts';
import { fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';

/**
 * The commands of the guide other-tools, with the tools themselves. A block whose tool is not
 * installed is skipped; `npm run test:services -- oci-tools` installs them.
 */

const tools = ['oras', 'skopeo', 'kit'];
const isInstalled = (tool: string): boolean => spawnSync(tool, ['--help']).error === undefined;

const kitfile = `manifestVersion: "1.0.0"
package: { name: digits-kit, version: 1.2.0, description: Digits, license: MIT, authors: [ada] }
model: { name: digits, path: model.onnx, framework: sklearn }
datasets: [{ name: train, path: data/ }]
`;

/**
 * A folder with `mlreg` on the path, and a registry with digits 1.0.0 and 1.1.0, each with its
 * golden set.
 */
function openPlace(context: Cleanup): (script: string) => string {
  const cwd = tempFolder(context);
  const path = join(cwd, 'path');
  mkdirSync(path);
  writeFileSync(join(path, 'mlreg'), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`);
  chmodSync(join(path, 'mlreg'), 0o755);
  const env = cleanEnv({ PATH: `${path}:${process.env['PATH']}`, HOME: cwd, TMPDIR: cwd });
  const run = (script: string): string => {
    const options = { cwd, env, encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], options);
    assert.equal(status, 0, `${script}\n${stdout}${stderr}`);
    return stdout;
  };
  run('mlreg init');
  // oras and kit pack a model of one's own.
  copyFileSync(fixture('digits_mlp/model.onnx'), join(cwd, 'model.onnx'));
  mkdirSync(join(cwd, 'kit-project', 'data'), { recursive: true });
  copyFileSync(fixture('digits_mlp/model.onnx'), join(cwd, 'kit-project', 'model.onnx'));
  copyFileSync(fixture('digits_mlp/train.csv'), join(cwd, 'kit-project', 'data', 'train.csv'));
  writeFileSync(join(cwd, 'kit-project', 'Kitfile'), kitfile);
  for (const name of ['digits_mlp', 'digits_mlp_v2']) {
    const folder = fixture(name);
    run(`mlreg register digits ${folder}/model.onnx --golden ${folder}/golden.json`);
  }
  return run;
}

test('the commands of the guide work as written', async (t) => {
  const run = openPlace(t);
  for (const block of codeBlocks(guide('other-tools'), 'bash')) {
    const missing = tools.filter((tool) => new RegExp(`\\b${tool} `).test(block) && !isInstalled(tool));
    const skip = missing.length > 0 && `${missing.join(', ')} is not installed`;
    await t.test(block, { skip }, () => void run(block));
    if (skip !== false) continue;
    const home = /--registry (\S+)/.exec(block)?.[1];
    if (home === undefined) continue;
    run(`mlreg verify --registry ${home}`);
    assert.match(run(`mlreg test digits@1.1.0 --registry ${home}`), /pass/);
    assert.equal(
      run('mlreg show digits@1.1.0 --quiet'),
      run(`mlreg show digits@1.1.0 --quiet --registry ${home}`),
    );
  }
});

const needs = (...wanted: string[]): { skip: false | string } => {
  const missing = wanted.filter((tool) => !isInstalled(tool));
  return { skip: missing.length > 0 && `${missing.join(', ')} is not installed` };
};

test(
  'what oras pushed and kit packed becomes a version, however it came into a layout',
  needs('oras', 'kit'),
  (t) => {
    const run = openPlace(t);
    const show = (ref: string) =>
      JSON.parse(run(`mlreg show ${ref} --json`)) as Result & { executable: string[] };
    run('mkdir docs && echo "# hi" > docs/README.md');
    run(
      'oras push --oci-layout one:v2.1.0 model.onnx docs --annotation org.opencontainers.image.title=team/one',
    );
    assert.match(run('mlreg import one'), /^team\/one@2\.1\.0\t.*\timported\n$/);
    assert.deepEqual(
      show('team/one').files.map(({ path }) => path),
      ['docs/README.md', 'model.onnx'],
    );
    assert.match(run('mlreg import one'), /unchanged/);

    run('kit pack kit-project -t localhost/digits:gz --compression gzip');
    run('mlreg import .local/share/kitops/storage');
    const { metadata, tags, digest } = show('digits-kit@1.2.0');
    assert.deepEqual(tags, { license: 'MIT', authors: 'ada' });
    const hash = /train.*?(sha256:\w+)/.exec(
      run('mlreg register d model.onnx --data train=kit-project/data --json'),
    )?.[1];
    assert.equal(metadata.data?.[0]?.hash, hash, 'as the same folder has with --data');
    run('kit pack kit-project -t localhost/digits:plain');
    assert.match(
      run(
        'mlreg import .local/share/kitops/storage --select $(ls -t .local/share/kitops/storage/blobs/sha256 | head -1 | sed s/^/sha256:/)',
      ),
      /unchanged/,
    );
    assert.equal(show('digits-kit').digest, digest);
  },
);

test(
  'through an OCI registry: a version with all its golden sets, and what kit pushed',
  needs('oras', 'skopeo', 'kit', 'docker-registry'),
  async (t) => {
    const run = openPlace(t);
    const port = await freePort();
    const host = `localhost:${port}`;
    const cwd = run('pwd').trim();
    const settings = { filesystem: { rootdirectory: join(cwd, 'pushed') } };
    // JSON is YAML, too.
    const config = {
      version: '0.1',
      log: { level: 'error' },
      storage: settings,
      http: { addr: `127.0.0.1:${port}` },
    };
    writeFileSync(join(cwd, 'registry.yml'), JSON.stringify(config));
    const server = spawn('docker-registry', ['serve', join(cwd, 'registry.yml')], { stdio: 'ignore' });
    t.after(() => server.kill());
    run(`for i in $(seq 100); do curl -sf http://${host}/v2/ && break; sleep 0.1; done`);

    const golden = JSON.parse(readFileSync(fixture('digits_mlp_v2/golden.json'), 'utf8')) as {
      cases: unknown[];
    };
    writeFileSync(join(cwd, 'one.json'), JSON.stringify({ ...golden, cases: golden.cases.slice(0, 1) }));
    run('mlreg golden add digits@1.1.0 one.json');
    run('mlreg export digits@1.1.0 -o layout');
    run(`oras cp -r --from-oci-layout-path layout digits:1.1.0 --to-plain-http ${host}/acme/digits:1.1.0`);
    run(`oras cp -r --from-plain-http ${host}/acme/digits:1.1.0 --to-oci-layout-path back digits:1.1.0`);
    run('mlreg init new && mlreg import back --registry new && mlreg verify --registry new');
    const { goldenSets } = JSON.parse(run('mlreg show digits@1.1.0 --registry new --json')) as {
      goldenSets: unknown[];
    };
    assert.equal(goldenSets.length, 2);
    assert.match(run('mlreg import layout --registry new'), /unchanged/);

    run(`kit pack kit-project -t ${host}/acme/kit:v1.2.0 && kit push ${host}/acme/kit:v1.2.0 --plain-http`);
    run(`oras cp --from-plain-http ${host}/acme/kit:v1.2.0 --to-oci-layout kit-layout:v1.2.0`);
    run(`skopeo copy --src-tls-verify=false docker://${host}/acme/kit:v1.2.0 oci-archive:kit.tar:kit:v1.2.0`);
    assert.match(run('mlreg import kit-layout'), /^digits-kit@1\.2\.0\t.*\timported/);
    assert.match(run('mlreg import kit.tar'), /unchanged/);
  },
);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
