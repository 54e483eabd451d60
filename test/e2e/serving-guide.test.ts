import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { runByShell, withMlreg } from '../support/documented-commands.ts';
import { codeBlocks, guide } from '../support/guides.ts';
import { bin } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';

const noCurl = spawnSync('curl', ['--version']).status === 0 ? false : 'curl is not installed';

const setUp = `
mlreg init
mlreg register digits test/fixtures/digits_mlp/model.onnx --golden test/fixtures/digits_mlp/golden.json
mlreg register digits test/fixtures/digits_mlp_v2/model.onnx --golden test/fixtures/digits_mlp_v2/golden.json
mlreg promote digits@1.0.0 --to production
`;

test('the commands of the guide run as written, in order', { skip: noCurl }, async (t) => {
  const cwd = tempFolder(t);
  symlinkSync(join(dirname(bin), '../test'), join(cwd, 'test'));
  const place = { cwd, env: withMlreg(cwd, { TMPDIR: cwd }) };
  runByShell(setUp, place);
  const port = await freePort();
  const script = codeBlocks(guide('serving'), 'sh').join('').replaceAll(':8080', `:${port}`);
  // Nothing is left running, whatever fails.
  const told = script.replaceAll('--port 8080', `--port ${port}`);
  const printed = runByShell(`trap 'kill %1 2>/dev/null || true' EXIT\n${told}`, place);
  assert.match(printed, /^pixel_0_0,.*,label,probabilities_0,/m);
  assert.match(printed, /"model_name":"digits","model_version":"1.0.0","predictions":\[\{"label":\d/);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
