/**
 * Small models, each with a golden set whose expected outputs were worked out without ONNX Runtime.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { OnnxModel } from '../../src/core/versions/onnx-model.ts';
import { isFeedDtype } from '../../src/onnx/feeds/feed-dtypes.ts';
import type { GoldenCase } from '../../src/onnx/golden/golden-case.ts';
import { readGoldenSet } from '../../src/onnx/golden/golden-set.ts';
import { register } from '../../src/registry/register/register.ts';
import { show } from '../../src/registry/inspect/show.ts';
import { testFailure } from '../../src/registry/inspect/test-failure.ts';
import type { TestResult } from '../../src/registry/inspect/test-result.ts';
import { testVersion } from '../../src/registry/inspect/test-version.ts';
import { showView } from '../../src/render/inspect/show-view.ts';
import { type Case, type Tensor, type Values, writeDataSets, writeGoldenJson } from './golden-tensors.ts';
import {
  type Attributes,
  graph,
  model,
  type ModelOptions,
  node,
  type Opset,
  tensor,
  type Shape,
} from './onnx-writer.ts';
import { tempFolder } from './temp-folder.ts';
import { modelName, ref, type TempRegistry, tempRegistry } from './temp-registry.ts';

export interface GoldenModel {
  bytes: Uint8Array;
  cases: Case[];
  /** Beside the model file. */
  files?: Record<string, Uint8Array>;
  /** What a case is skipped for, so that nothing is compared. */
  skipped?: RegExp;
  /** What ONNX Runtime says. */
  error?: RegExp;
  /** Warnings of the registration and of the test. */
  warned?: RegExp[];
  /** A warning of the registration only, before the others. */
  doubted?: RegExp;
  /** Expected outputs that are not compared. */
  notCompared?: string[];
}

export interface OperatorOptions {
  domain?: string;
  opset?: Opset;
  irVersion?: number;
  /** Of the declared inputs and outputs, where they are not those of the tensors. */
  shapes?: Record<string, Shape>;
}

/** A model of one node; inputs and outputs in the order of its operator. */
export function operator(
  name: string,
  inputs: Record<string, Tensor>,
  outputs: Record<string, Tensor>,
  attributes: Attributes = {},
  { domain, opset, irVersion, shapes }: OperatorOptions = {},
): GoldenModel {
  const nodes = [
    node(name, Object.keys(inputs), Object.keys(outputs), attributes, domain === undefined ? {} : { domain }),
  ];
  const options = domain === undefined ? { opset } : { opset: opset ?? { '': 17, [domain]: 3 } };
  return network(nodes, inputs, outputs, { ...options, irVersion }, shapes);
}

/** A model of some nodes, with all inputs and outputs declared as the tensors are. */
export function network(
  nodes: NonNullable<Parameters<typeof graph>[0]['nodes']>,
  inputs: Record<string, Tensor>,
  outputs: Record<string, Tensor>,
  {
    opset,
    irVersion,
    functions,
  }: Pick<ModelOptions, 'functions'> & { opset?: Opset | undefined; irVersion?: number | undefined } = {},
  shapes: Record<string, Shape> = {},
  rest: Parameters<typeof graph>[0] = {},
): GoldenModel {
  const declare = (values: Record<string, Tensor>) =>
    Object.entries(values).map(([name, { dtype, shape }]) =>
      tensor(name, dtype, name in shapes ? shapes[name]! : shape),
    );
  return {
    bytes: model({
      ...(opset === undefined ? {} : { opset }),
      ...(irVersion === undefined ? {} : { irVersion }),
      ...(functions === undefined ? {} : { functions }),
      graph: graph({ inputs: declare(inputs), outputs: declare(outputs), nodes, ...rest }),
    }),
    cases: [{ inputs, outputs }],
  };
}

/**
 * A test for each model: it is registered with its golden set as ONNX tensor files, shown and
 * tested, and the same golden set as JSON holds the same values. Registering runs the model on the
 * set, too, and warns if it does not pass: where all is to be compared and to pass, only the first
 * model is run once more.
 */
export function testGoldenModels(models: Record<string, GoldenModel>): void {
  const cleanups: (() => void | Promise<void>)[] = [];
  after(async () => {
    for (const clean of cleanups.toReversed()) await clean();
  });
  let shared: Promise<TempRegistry> | undefined;
  const first = Object.keys(models).find((name) => isPlain(models[name]!));
  for (const [name, golden] of Object.entries(models)) {
    test(name, async (t) => {
      shared ??= tempRegistry({ after: (action) => cleanups.push(action) });
      const folder = tempFolder(t);
      const twice = name === first || !isPlain(golden);
      await checkModel(await shared, slug(name), golden, folder, twice);
    });
  }
}

/** Its set has to match, as a whole and without a word. */
function isPlain({ skipped, error, warned, doubted, notCompared }: GoldenModel): boolean {
  return [skipped, error, warned, doubted, notCompared].every((one) => one === undefined);
}

async function checkModel(
  registry: TempRegistry,
  name: string,
  golden: GoldenModel,
  folder: string,
  twice: boolean,
): Promise<void> {
  const source = join(folder, 'model');
  mkdirSync(source);
  writeFileSync(join(source, 'model.onnx'), golden.bytes);
  for (const [path, bytes] of Object.entries(golden.files ?? {})) {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    writeFileSync(join(source, path), bytes);
  }
  const dataSets = join(folder, 'golden');
  mkdirSync(dataSets);
  const registered = await register(registry, {
    name: modelName(name),
    path: source,
    number: { kind: 'auto' },
    metadata: {},
    ifExists: 'fail',
    golden: writeDataSets(dataSets, golden.cases),
  });
  const warned = golden.warned ?? [];
  const skipped = golden.skipped === undefined ? 0 : golden.cases.length;
  const expected = [...(golden.doubted === undefined ? [] : [golden.doubted]), ...warned];
  const tried = registered.warnings.filter((warning) => /does not pass this golden set/.test(warning));
  const warnings = registered.warnings.filter((warning) => !tried.includes(warning));
  assert.equal(warnings.length, expected.length + skipped, warnings.join('\n'));
  assertWarned(warnings, expected);

  const shown = showView({ files: false, metadata: false }, () =>
    Promise.reject(new Error('looked around')),
  ).json(await show(registry, ref(registered.ref))) as { onnx: OnnxModel } & {
    signature: OnnxModel['signature'];
  };
  const { signature } = shown;
  for (const { inputs, outputs } of golden.cases) {
    assertNames(inputs, signature.inputs);
    assertNames(outputs, signature.outputs);
  }
  const read = assertSameValues(folder, golden.cases, signature);
  if (!twice) {
    assert.deepEqual(tried, []);
    for (const { skipped: left, skippedOutputs } of read)
      assert.deepEqual([left ?? null, skippedOutputs], [null, []]);
    return;
  }

  const result = await testVersion(registry, { ref: ref(registered.ref) });
  assertOutcome(result, golden);
  const told = result.verdict === 'pass' || golden.skipped !== undefined ? 0 : 1;
  assert.equal(tried.length, told, 'registering says what testing shows');
  assert.equal(result.warnings.length, warned.length);
  assertWarned(result.warnings, warned);
}

function assertWarned(warnings: readonly string[], warned: readonly RegExp[]): void {
  warned.forEach((pattern, at) => assert.match(warnings[at] ?? '', pattern));
}

function assertNames(values: Values, declared: { name: string }[]): void {
  const names = new Set(declared.map(({ name }) => name));
  for (const name of Object.keys(values)) assert.ok(names.has(name), `the model has ${name}`);
}

/** Both forms of a golden set say the same, which is returned. */
function assertSameValues(
  folder: string,
  cases: Case[],
  signature: OnnxModel['signature'],
): readonly GoldenCase[] {
  const json = readGoldenSet(new Map([['golden.json', writeGoldenJson(folder, cases)]]), signature);
  const files = cases.flatMap(({ inputs, outputs }, at) => [
    ...Object.keys(inputs).map((_, position) => `test_data_set_${at}/input_${position}.pb`),
    ...Object.keys(outputs).map((_, position) => `test_data_set_${at}/output_${position}.pb`),
  ]);
  const sets = readGoldenSet(new Map(files.map((path) => [path, join(folder, 'golden', path)])), signature);
  assert.equal(json.length, sets.length);
  json.forEach((one, at) => {
    const other = sets[at];
    assert.deepEqual([one.skipped, one.skippedOutputs], [other?.skipped, other?.skippedOutputs]);
    for (const side of ['inputs', 'outputs'] as const) {
      assert.deepEqual([...one[side].keys()], [...(other?.[side].keys() ?? [])]);
      for (const [name, value] of one[side]) {
        if (isFeedDtype(value.head().dtype)) assert.deepEqual(value.load(), other?.[side].get(name)?.load());
      }
    }
  });
  return json;
}

function assertOutcome(result: TestResult, { cases, skipped, error, notCompared = [] }: GoldenModel): void {
  const all = JSON.stringify(result, null, 1);
  assert.equal(result.cases.length, cases.length, all);
  if (skipped === undefined && error === undefined) {
    assert.equal(result.verdict, 'pass', all);
    assert.ok(result.cases.every(({ match }) => match === true));
    assert.deepEqual([...new Set(result.cases.flatMap((one) => one.skippedOutputs))], notCompared);
    assert.equal(testFailure(result), undefined);
    return;
  }
  assert.equal(result.verdict, 'inconclusive', all);
  assert.equal(result.status, skipped === undefined ? 'error' : 'ok', all);
  if (skipped !== undefined) assert.match(result.cases[0]?.skipped ?? '', skipped);
  if (error !== undefined) assert.match(result.error?.message ?? '', error);
  const problem = testFailure(result);
  assert.equal(problem?.code, 'GATE_FAILED');
  const said = result.cases[0]?.skipped ?? result.error?.message ?? 'nothing';
  assert.ok(problem.message.includes(said), problem.message);
}

function slug(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
