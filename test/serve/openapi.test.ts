import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, post, registryWith, serving } from '../support/served.ts';

interface Operation {
  operationId: string;
  responses: Record<string, unknown>;
  requestBody?: { content: Record<string, { schema: { oneOf?: { required?: string[] }[] } }> };
}

test('the OpenAPI document has the paths of each model, which exist, and its inputs', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp', 'team/cars': 'cars_mixed_inputs' });
  const server = await serving(t, registry, ['digits', 'team/cars']);
  const { json } = await ask(server, '/openapi.json');
  assert.equal(json['openapi'], '3.1.0');
  const paths = json['paths'] as Record<string, Record<'get' | 'post', Operation>>;
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  const ids = operations.map(({ operationId }) => operationId);
  assert.equal(new Set(ids).size, ids.length);
  for (const [path, methods] of Object.entries(paths)) {
    const answer = 'get' in methods ? await ask(server, path) : await post(server, path, '{}');
    // A body that is none is refused by the route itself.
    assert.equal(answer.status, 'get' in methods ? 200 : 400, path);
    assert.ok(Object.values(methods)[0]!.responses[answer.status] !== undefined, path);
  }
  const forms = (name: string): (string | undefined)[] =>
    paths[`/predict/${name}`]!.post.requestBody!.content['application/json']!.schema.oneOf!.map(
      ({ required }) => required?.[0],
    );
  assert.deepEqual(forms('digits'), [undefined, 'records', 'features']);
  assert.deepEqual(forms('team/cars'), [undefined, 'records']);
  const text = JSON.stringify(paths['/v2/models/digits/infer']);
  assert.match(text, /"name":\{"const":"X"\},"datatype":\{"const":"FP32"\}/);
  for (const [, to] of JSON.stringify(json).matchAll(/"\$ref":"([^"]*)"/g))
    assert.equal(to, '#/components/schemas/Error');
});
