import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { promote } from '../../src/registry/stages/promote.ts';
import { ask, post, registryWith, serving } from '../support/served.ts';
import { exact, stage } from '../support/temp-registry.ts';
import { tempFolder } from '../support/temp-folder.ts';

interface Media {
  schema: { $ref?: string };
  examples?: { golden: { $ref: string } };
}

interface Operation {
  operationId: string;
  responses: Record<string, { content?: Record<string, Media> }>;
  requestBody?: { content: Record<string, Media> };
  security?: unknown[];
}

interface Document {
  openapi: string;
  security?: unknown[];
  paths: Record<string, Partial<Record<'get' | 'post' | 'delete', Operation>>>;
  components: {
    schemas: Record<string, Record<string, unknown>>;
    examples: Record<string, { value: object }>;
    securitySchemes?: object;
  };
}

function operationsOf({ paths }: Document): Operation[] {
  return Object.values(paths).flatMap(({ get, post: posts, delete: deletes }) =>
    [get, posts, deletes].flatMap((operation) => operation ?? []),
  );
}

const exampleOf = ({ components }: Document, { examples }: Media): object | undefined =>
  examples === undefined
    ? undefined
    : components.examples[examples.golden.$ref.split('/').at(-1) ?? '']?.value;

test('the document is valid, its paths exist, and its examples are answered', async (t) => {
  const registry = await registryWith(t, {
    digits: 'digits_mlp',
    'team/cars': 'cars_mixed_inputs',
    iris: 'iris_zipmap',
    trees: 'diabetes_trees',
  });
  await promote(registry, { ref: exact('digits@1.0.0'), stage: stage('production'), require: [] });
  const server = await serving(t, registry, ['digits@production', 'team/cars', 'iris', 'trees']);
  const document = (await ask(server, '/openapi.json')).json as unknown as Document;
  const { valid, errors } = await new Validator().validate(structuredClone({ ...document }));
  assert.equal(valid, true, JSON.stringify(errors));
  const ids = operationsOf(document).map(({ operationId }) => operationId);
  assert.equal(new Set(ids).size, ids.length);
  for (const [, to] of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+\/[^"]*)"/g)) {
    const [kind = '', name = ''] = (to ?? '').split('/');
    assert.ok(Object.hasOwn(document.components[kind as 'schemas'], name), to);
  }
  for (const way of ['digits', 'digits/versions/production', 'digits/versions/1.0.0', 'team/cars'])
    for (const path of [`/predict/${way}`, `/v2/models/${way}/infer`, `/v2/models/${way}`])
      assert.ok(Object.hasOwn(document.paths, path), path);
  let asked = 0;
  for (const [path, { get, post: posts }] of Object.entries(document.paths)) {
    if (get !== undefined && !path.includes('{')) {
      const { status } = await fetch(`${server.url}${path}`);
      assert.equal(status, 200, path);
    }
    if (posts === undefined) continue;
    const media = posts.requestBody?.content['application/json'];
    const example = media === undefined ? {} : exampleOf(document, media);
    if (example === undefined) continue;
    const { status, json } = await post(server, path, example);
    assert.equal(status, 200, `${path} ${JSON.stringify(json)}`);
    const answer = posts.responses['200']?.content?.['application/json'];
    const expected = answer === undefined ? undefined : exampleOf(document, answer);
    asked += 1;
    if (expected === undefined) continue;
    const heads = (of: typeof json): unknown =>
      of.outputs?.map(({ name, shape }) => ({ name, shape })).filter(({ name }) => named.has(name));
    const named = new Set((expected as typeof json).outputs?.map(({ name }) => name));
    assert.deepEqual(heads(json), heads(expected as typeof json), path);
  }
  // Every way of every model, but for tensors that no row of a table fills.
  assert.ok(asked >= 18, String(asked));
  assert.deepEqual(
    Object.keys(document.components.examples).filter((key) => key.startsWith('digits.1.0.0')),
    ['digits.1.0.0.infer', 'digits.1.0.0.answer', 'digits.1.0.0.predict', 'digits.1.0.0.invocations'],
  );
  const text = JSON.stringify(document.components.schemas['digits.1.0.0.InferRequest']);
  assert.match(text, /"name":\{"const":"X"\},"datatype":\{"const":"FP32"\}/);
  assert.equal(document.security, undefined);
});

test('with tokens it says so, for all paths but those of health', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const tokenFile = join(tempFolder(t), 'tokens');
  writeFileSync(tokenFile, 'ada 0123456789abcdef\n', { mode: 0o600 });
  const server = await serving(t, registry, ['digits'], { tokenFile });
  const headers = { authorization: 'Bearer 0123456789abcdef' };
  const document = (await ask(server, '/openapi.json', { headers })).json as unknown as Document;
  const { valid, errors } = await new Validator().validate(structuredClone({ ...document }));
  assert.equal(valid, true, JSON.stringify(errors));
  assert.deepEqual(document.security, [{ token: [] }]);
  for (const [path, { get }] of Object.entries(document.paths)) {
    if (get === undefined || path.includes('{')) continue;
    const { status } = await fetch(`${server.url}${path}`);
    assert.equal(status, get.security === undefined ? 401 : 200, path);
  }
});
