import packageJson from '../../../../package.json' with { type: 'json' };
import type { ServedVersion } from '../../served.ts';
import type { FrontContext } from '../route.ts';
import { type Address, addressesOf } from './addresses.ts';
import { invocationsPath, partsOf, pathsOf } from './model-paths.ts';
import { type Schema, schemasOf } from './schemas.ts';
import { jobPaths, jobSchema, serverPaths } from './server-paths.ts';

/** What is served now, as OpenAPI 3.1: paths and bodies of each model, from its signature. */
export async function openapiDocument({ models, guard }: FrontContext): Promise<Schema> {
  const addresses = addressesOf(models);
  const keys = keysOf(addresses);
  const paths: Schema[] = addresses.map(({ path, served }) =>
    pathsOf(path, partsOf(keys.get(served) ?? ''), 'plan' in served.images),
  );
  const first = addresses[0]?.served;
  if (first !== undefined) paths.push(invocationsPath(first, partsOf(keys.get(first) ?? '')));
  const schemas: Schema = { Error: errorSchema, Job: jobSchema };
  const examples: Schema = {};
  for (const [served, key] of keys) {
    for (const [name, schema] of Object.entries(schemasOf(served))) schemas[`${key}.${name}`] = schema;
    Object.assign(examples, await examplesOf(served, key));
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'mlreg serve',
      version: packageJson.version,
      description:
        'Models of a registry. A model of a stage changes when another version is promoted. An example ' +
        "is a case of a version's golden set.",
      license: { name: packageJson.license, identifier: packageJson.license },
    },
    ...(guard.needsToken ? { security: [{ token: [] }] } : {}),
    paths: Object.assign(serverPaths(), jobPaths(), ...paths.map((path) => prune(path, examples))) as Schema,
    components: {
      schemas,
      examples,
      ...(guard.needsToken ? { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } } : {}),
    },
  };
}

const errorSchema = { type: 'object', required: ['error'], properties: { error: { type: 'string' } } };

/** Component names cannot have slashes: `team__digits.1.0.0`, with a number if that is taken. */
function keysOf(addresses: readonly Address[]): Map<ServedVersion, string> {
  const keys = new Map<ServedVersion, string>();
  const taken = new Set<string>();
  for (const { served } of addresses) {
    if (keys.has(served)) continue;
    const plain = `${served.name.replaceAll('/', '__')}.${served.version.replaceAll(/[^\w.-]/g, '_')}`;
    let key = plain;
    for (let number = 2; taken.has(key); number++) key = `${plain}.${number}`;
    taken.add(key);
    keys.set(served, key);
  }
  return keys;
}

async function examplesOf(served: ServedVersion, key: string): Promise<Schema> {
  const found = await served.example();
  if (found === undefined) return {};
  const { name, version } = served;
  const { inputs, outputs, predict, invocations } = found;
  const values = {
    infer: { inputs },
    answer: outputs.length === 0 ? undefined : { model_name: name, model_version: version, outputs },
    predict,
    invocations,
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([way, value]) =>
      value === undefined
        ? []
        : [[`${key}.${way}`, { summary: `A case of the golden set of ${served.ref}`, value }]],
    ),
  );
}

/** Leaves out references to examples that there are not. */
function prune(paths: Schema, examples: Schema): Schema {
  const prefix = '#/components/examples/';
  return JSON.parse(JSON.stringify(paths), (key, value: unknown) => {
    if (key !== 'examples') return value;
    const { golden } = value as { golden?: { $ref?: string } };
    return golden?.$ref?.startsWith(prefix) === true &&
      !Object.hasOwn(examples, golden.$ref.slice(prefix.length))
      ? undefined
      : value;
  }) as Schema;
}
