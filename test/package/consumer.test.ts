import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { codeBlocks, guide } from '../support/guides.ts';
import { noNpm, packTarball, root } from '../support/npm.ts';
import { oldNode } from '../support/old-node.ts';
import { cleanEnv } from '../support/run-cli.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';

/** What the help says of the library. */
const example = codeBlocks(guide('library'), 'ts').join('');

/** Types as users meet them: texts where they hold texts, and the rest as it is documented. */
const typed = `
import { isMlregError, MlregError, openRegistry, type ErrorCode, type Metadata, type ModelRegistry } from 'mlreg';

const metadata: Metadata = { metrics: { accuracy: 0.97 }, extra: { any: ['thing', null] } };

export async function use(signal: AbortSignal): Promise<string | null> {
  await using registry: ModelRegistry = await openRegistry(undefined, { actor: 'ada', wait: '30s', signal });
  const { ref, version, changed } = await registry.register('digits', 'model.onnx', { metadata });
  const { versions } = await registry.list('digits', { limit: 5 });
  const holder = versions.find(({ stages, version: number }) => stages.includes('production') || number === '1.0.0');
  const { models } = await registry.list();
  const names: string[] = models.map(({ name }) => name);
  const move = await registry.promote(ref, { to: 'production', expect: holder?.version ?? null });
  const at: number | undefined = move.event?.at;
  const { report, samples } = await registry.bench(ref, { iterations: 50, maxP95: 20 });
  const p95: number | null = report.latencyMs?.p95?.value ?? null;
  const first: Float64Array | undefined = samples[0];
  const { record } = await registry.show(ref);
  const inputs = record.onnx?.signature.inputs.map(({ name, shape }) => [name, shape]);
  try {
    await registry.rollback('digits', { expect: version });
  } catch (error) {
    if (isMlregError(error, 'CONFLICT')) return error.hint;
    if (error instanceof MlregError) { const code: ErrorCode = error.code; return code; }
    throw error;
  }
  // @ts-expect-error a stage must be named
  await registry.promote(ref, {});
  // @ts-expect-error there is no such option
  await registry.promote(ref, { to: 'production', expected: '1.0.0' });
  return [names, at, p95, first, inputs, changed].join();
}
`;

/** Packed once, for all tests of this file. */
let tarball = '';
const packed = tempFolder({ after });
before(async () => {
  if (noNpm === false) tarball = await packTarball(packed);
});

/** A project that has the packed package, and beside it what npm would install with it. */
async function consumer(t: Cleanup, ...others: string[]): Promise<string> {
  const folder = tempFolder(t);
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'mlreg'), { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', join(modules, 'mlreg')]);
  const manifest = JSON.parse(readFileSync(join(modules, 'mlreg', 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
    optionalDependencies: Record<string, string>;
  };
  const beside = [
    ...Object.keys(manifest.dependencies),
    ...Object.keys(manifest.optionalDependencies),
    ...others,
  ];
  for (const name of beside) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  return folder;
}

function compile(folder: string, options: Record<string, unknown>): void {
  const compilerOptions = {
    strict: true,
    skipLibCheck: false,
    module: 'nodenext',
    moduleResolution: 'nodenext',
    ...options,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', folder], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout);
}

test(
  'the types of the package stand by themselves, with and without those of Node',
  { skip: noNpm },
  async (t) => {
    const folder = await consumer(t, '@types/node');
    writeFileSync(join(folder, 'use.ts'), typed);
    const all = { noEmit: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true };
    compile(folder, { ...all, target: 'es2024', types: ['node'] });
    compile(folder, { ...all, target: 'es2022', lib: ['es2022', 'dom'], types: [] });
  },
);

test("the guide's program compiles and runs as it is written", { skip: noNpm }, async (t) => {
  assert.match(example, /from 'mlreg'/);
  const folder = await consumer(t, '@types/node');
  symlinkSync(join(root, 'test'), join(folder, 'test'));
  writeFileSync(join(folder, 'train.ts'), example.replaceAll('/tmp/', `${folder}/`));
  compile(folder, { noEmit: false, target: 'es2022', types: ['node'] });
  for (const program of ['train.ts', 'train.js']) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program], {
      cwd: folder,
      env: cleanEnv(),
      encoding: 'utf8',
    });
    assert.deepEqual([status, stderr], [0, ''], program);
    assert.match(stdout, /^digits@1\.0\.0 is in .+\n$/);
  }
});

test('the library benches: it finds the program that runs ONNX Runtime', { skip: noNpm }, async (t) => {
  const folder = await consumer(t);
  const program = `
    import { createRegistry } from 'mlreg';
    await using registry = await createRegistry('registry');
    await registry.register('digits', ${JSON.stringify(join(root, 'test/fixtures/digits_mlp/model.onnx'))});
    const { report } = await registry.bench('digits', { iterations: 50, launches: 1 });
    console.log(report.status, report.latencyMs.n);
  `;
  writeFileSync(join(folder, 'bench.mjs'), program);
  const { stdout, stderr } = spawnSync(process.execPath, ['bench.mjs'], {
    cwd: folder,
    env: cleanEnv(),
    encoding: 'utf8',
  });
  assert.deepEqual([stdout, stderr], ['ok 50\n', '']);
});

test(
  'an error that nobody caught shows where it comes from, and not a whole file',
  { skip: noNpm },
  async (t) => {
    const folder = await consumer(t);
    writeFileSync(
      join(folder, 'open.mjs'),
      "import { openRegistry } from 'mlreg';\nawait openRegistry('none');\n",
    );
    const { status, stderr } = spawnSync(process.execPath, ['open.mjs'], {
      cwd: folder,
      env: cleanEnv(),
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.match(stderr, /MlregError: no registry in .*\n[^]*open\.mjs:2[^]*hint: 'mlreg init/);
    assert.ok(stderr.length < 3000, `${stderr.length} characters`);
  },
);

test('an old Node gets an error, not a crash', { skip: noNpm }, async (t) => {
  const old = oldNode();
  if (old === undefined) return t.skip('no Node older than 22 is on the PATH');
  const folder = await consumer(t);
  const program = `
    import { createRegistry } from 'mlreg';
    createRegistry('registry').catch(({ code, message }) => console.log(code, message));
  `;
  writeFileSync(join(folder, 'open.mjs'), program);
  const { status, stdout } = spawnSync(old, ['open.mjs'], { cwd: folder, env: cleanEnv(), encoding: 'utf8' });
  assert.equal(status, 0);
  assert.match(stdout, /^USAGE mlreg needs Node 22\.18 or newer, but this is [\d.]+\n$/);
});
