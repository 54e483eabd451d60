/** A server in this process, on models of the fixtures in a registry of its own. */
import { parseReference } from '../../src/core/versions/reference.ts';
import { serve } from '../../src/serve/serve.ts';
import type { ServeInput } from '../../src/serve/serve-input.ts';
import type { RunningServer } from '../../src/serve/running-server.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { add, tempRegistry, type TempRegistry } from './temp-registry.ts';
import { fixture, type Cleanup } from './temp-folder.ts';

/** Registers fixtures, each under a name: `{digits: 'digits_mlp'}`. */
export async function registryWith(test: Cleanup, models: Record<string, string>): Promise<TempRegistry> {
  const registry = await tempRegistry(test);
  for (const [name, folder] of Object.entries(models))
    await add(registry, name, fixture(`${folder}/model.onnx`), { golden: fixture(`${folder}/golden.json`) });
  return registry;
}

/** Serves references on a free port, until the test ends. */
export async function serving(
  test: Cleanup,
  registry: Registry,
  refs: readonly string[],
  rest: Partial<ServeInput> = {},
): Promise<RunningServer> {
  const server = await serve(registry, {
    refs: refs.map((ref) => parseReference(ref)),
    host: '127.0.0.1',
    port: 0,
    isolation: 'child',
    threads: 1,
    maxBatch: 32,
    maxQueue: 256,
    deadlineMs: 10_000,
    maxBodyBytes: 64_000_000,
    drainDelayMs: 0,
    intervalMs: 20,
    keepWarmMs: 600_000,
    ...rest,
  });
  test.after(() => server.stop());
  return server;
}

/** An answer: its status, headers and JSON. */
export interface Answer {
  status: number;
  headers: Headers;
  // As the server sent it: the tests say what it must be.
  json: Record<string, unknown> & {
    error?: string;
    outputs?: { name: string; shape: number[]; data: unknown[] }[];
  };
}

export async function ask(server: RunningServer, path: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, init);
  return {
    status: response.status,
    headers: response.headers,
    json: (await response.json()) as Answer['json'],
  };
}

/** POSTs JSON, or a text as it is. */
export function post(server: RunningServer, path: string, body: unknown): Promise<Answer> {
  return ask(server, path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
}
