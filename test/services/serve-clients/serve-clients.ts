import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fixture } from '../../support/temp-folder.ts';
import { registryWith, serving } from '../../support/served.ts';
import { attempt, installPackages } from '../install.ts';
import type { ServiceOutcome } from '../service.ts';

/** Clients that people have, by the name of their script, and what to install for them. */
const clients: Record<string, string[]> = {
  triton: ['tritonclient[grpc,http]'],
  kserve: ['kserve'],
  mlflow: ['mlflow'],
};

/** The clients of Triton, KServe and MLflow from PyPI, against one server. */
export async function serveClients(cache: string): Promise<ServiceOutcome> {
  const skipped: string[] = [];
  const pythons = Object.entries(clients).flatMap(([name, packages]) => {
    const python = attempt(name, skipped, () => installPackages(cache, packages));
    return python === undefined ? [] : [{ name, python }];
  });
  if (pythons.length === 0) return { ran: false, ok: true, skipped };
  const cleanups: (() => void | Promise<void>)[] = [];
  const test = { after: (action: () => void | Promise<void>) => void cleanups.push(action) };
  let ok = true;
  try {
    const registry = await registryWith(test, { digits: 'digits_mlp', 'team/cars': 'cars_mixed_inputs' });
    const server = await serving(test, registry, ['digits', 'team/cars']);
    for (const { name, python } of pythons) {
      const script = join(import.meta.dirname, `${name}_client.py`);
      const args = [script, String(server.port), String(server.grpcPort), fixture('digits_mlp/golden.json')];
      const [code] = (await once(spawn(python, args, { stdio: 'inherit' }), 'close')) as [number | null];
      if (code !== 0) ok = false;
    }
  } finally {
    for (const action of cleanups.toReversed()) await action();
  }
  return { ran: true, ok, skipped };
}
