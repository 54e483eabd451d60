/**
 * What needs software from elsewhere, and so is not part of `npm test`:
 *
 *     npm run test:services                    all of them
 *     npm run test:services -- onnx-backend    some, by name
 *
 * Says what was skipped and why. Exits 1 if any failed. What is downloaded is kept in
 * MLREG_SERVICES_CACHE, or in the temporary folder. The ONNX suites, some 3,100 models, take about
 * ten minutes on two cores with nothing else to do.
 */
import { mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { ociTools } from './oci-tools/oci-tools.ts';
import { fromTraining } from './from-training/from-training.ts';
import { htmlReport } from './html-report/html-report.ts';
import { onnxBackend } from './onnx-backend/onnx-backend.ts';
import { prometheus } from './prometheus/prometheus.ts';
import { nginx } from './nginx/nginx.ts';
import { redis } from './redis/redis.ts';
import { serveClients } from './serve-clients/serve-clients.ts';
import type { Service } from './service.ts';

const services: Record<string, Service> = {
  'oci-tools': ociTools,
  'onnx-backend': onnxBackend,
  'from-training': fromTraining,
  'html-report': htmlReport,
  prometheus,
  redis,
  nginx,
  'serve-clients': serveClients,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => services[name] === undefined);
if (unknown.length > 0)
  throw new Error(`no service ${unknown.join(', ')}; there are: ${Object.keys(services).join(', ')}`);

const cache = process.env['MLREG_SERVICES_CACHE'] ?? join(tmpdir(), `mlreg-services-${userInfo().uid}`);
mkdirSync(cache, { recursive: true, mode: 0o700 });

const summary: string[] = [];
for (const [name, run] of Object.entries(services)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`== ${name}`);
  const started = performance.now();
  const { ran, ok, skipped } = await run(cache);
  const seconds = `${((performance.now() - started) / 1000).toFixed(0)} s`;
  summary.push(
    `${name}: ${ran ? `${ok ? 'passed' : 'FAILED'}, ${seconds}` : 'skipped'}`,
    ...skipped.map((what) => `  skipped ${what}`),
  );
  if (!ok) process.exitCode = 1;
}
console.log(`\n${summary.join('\n')}`);
