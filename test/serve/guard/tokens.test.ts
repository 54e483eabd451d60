import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openGuard, type Guard } from '../../../src/serve/guard/guard.ts';
import { readTokenFile } from '../../../src/serve/guard/token-file.ts';
import { Refusal } from '../../../src/serve/engine/refusal.ts';
import { registryWith, serving } from '../../support/served.ts';
import { failsWith, tempFolder, type Cleanup } from '../../support/temp-folder.ts';

const ciToken = 'ci-0123456789abcdef';
const webToken = 'web-0123456789abcdef';

function tokenFile(test: Cleanup, text: string, mode = 0o600): string {
  const path = join(tempFolder(test), 'tokens');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

function statusOf(guard: Guard, credentials: Parameters<Guard['admit']>[0]): number | string | null {
  try {
    return guard.admit(credentials);
  } catch (error) {
    assert.ok(error instanceof Refusal);
    return error.status;
  }
}

test('a token is found by itself and by its hash, and a name may have two', async (t) => {
  const tokens = await readTokenFile(
    tokenFile(
      t,
      `# clients\n\nci ${ciToken}\r\n  web\tsha256:${hash('sha256', webToken)}\nci ci-the-next-0123456\n`,
    ),
  );
  assert.equal(tokens.count, 3);
  for (const [token, name] of [
    [ciToken, 'ci'],
    ['ci-the-next-0123456', 'ci'],
    [webToken, 'web'],
    [`${ciToken}0`, undefined],
    [hash('sha256', webToken), undefined],
    ['', undefined],
  ] as const)
    assert.equal(tokens.nameOf(token), name, token);
});

test('a file that is no list of tokens is refused by its line, without what stands there', async (t) => {
  for (const [text, message] of [
    ['', /has no tokens$/],
    ['# nothing\n', /has no tokens$/],
    ['secret-token-of-somebody\n', /line 1: expected a name and a token, but found one word$/],
    [`ci ${ciToken} more\n`, /line 1: expected a name and a token, but found 3 words$/],
    ['\nci short\n', /line 2: the token of ci has 5 characters; at least 16 are needed$/],
    ['ci sha256:12\n', /line 1: sha256: of ci is not followed by 64 hexadecimal digits$/],
    [
      'ci secret"0123456789abcdef\n',
      /line 1: the token of ci has characters that a bearer token cannot have$/,
    ],
    ['c/i 0123456789abcdef\n', /line 1: the first word is not a name$/],
    [`ci ${ciToken}\nweb ${ciToken}\n`, /line 2: web has the same token as ci$/],
  ] as const) {
    const path = tokenFile(t, text);
    await assert.rejects(readTokenFile(path), failsWith('INVALID_INPUT', message));
    await assert.rejects(readTokenFile(path), (error: Error) => !error.message.includes('secret'));
  }
  await assert.rejects(readTokenFile('/nowhere/tokens'), failsWith('NOT_FOUND'));
  await assert.rejects(readTokenFile(tempFolder(t)), failsWith('INVALID_INPUT', /is a folder/));
});

test('others may read hashes, but neither tokens nor write anything', async (t) => {
  const hashed = `ci sha256:${hash('sha256', ciToken)}\n`;
  assert.equal((await readTokenFile(tokenFile(t, hashed, 0o644))).count, 1);
  assert.equal((await readTokenFile(tokenFile(t, `ci ${ciToken}`, 0o640))).count, 1);
  await assert.rejects(
    readTokenFile(tokenFile(t, `ci ${ciToken}`, 0o644)),
    failsWith('INVALID_INPUT', /can be read by everybody \(mode 0644\)/),
  );
  await assert.rejects(
    readTokenFile(tokenFile(t, hashed, 0o620)),
    failsWith('INVALID_INPUT', /can be written by others \(mode 0620\)/),
  );
});

test('an address that others reach needs tokens, or leave to do without', async (t) => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'models.example.com', '127.1'])
    await assert.rejects(openGuard({ host }), failsWith('USAGE', /everybody who reaches/));
  for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost', '::ffff:127.0.0.1'])
    assert.equal(statusOf(await openGuard({ host }), {}), null);
  assert.equal(statusOf(await openGuard({ host: '0.0.0.0', allowAnonymous: true }), {}), null);
  const guard = await openGuard({ host: '0.0.0.0', tokenFile: tokenFile(t, `ci ${ciToken}`) });
  for (const authorization of [undefined, '', 'Bearer', 'Basic Y2k6eA==', `Bearer ${webToken}`, ciToken])
    assert.equal(statusOf(guard, { authorization }), 401, authorization);
  assert.equal(statusOf(guard, { authorization: `bearer ${ciToken}` }), 'ci');
});

test('a browser sends a token as the password of any user, but not for pages of other sites', async (t) => {
  const path = tokenFile(t, `ci ${ciToken}`);
  const guard = await openGuard({ host: '0.0.0.0', tokenFile: path, allowedHosts: ['models.example.com'] });
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
  const host = 'localhost:8080';
  for (const user of ['', 'ci', 'anybody'])
    assert.equal(statusOf(guard, { authorization: basic(`${user}:${ciToken}`), host }), 'ci', user);
  for (const wrong of ['', ':', 'ci:', `${ciToken}:`, `:${ciToken}:`, `:${ciToken}x`])
    assert.equal(statusOf(guard, { authorization: basic(wrong), host }), 401, wrong);
  const authorization = basic(`:${ciToken}`);
  for (const [origin, status] of [
    ['http://localhost:8080', 'ci'],
    ['https://models.example.com', 'ci'],
    ['https://evil.example', 403],
    ['null', 403],
  ] as const)
    assert.equal(statusOf(guard, { authorization, host, origin }), status, origin);
  // A program that sends the token itself may be a page of anybody.
  const bearer = { authorization: `Bearer ${ciToken}`, host, origin: 'https://app.example' };
  assert.equal(statusOf(guard, bearer), 'ci');
});

test('pages of other sites may not ask a server without tokens', async () => {
  const local = await openGuard({ host: '127.0.0.1', allowedHosts: ['Models.example.com'] });
  const open = await openGuard({ host: '0.0.0.0', allowAnonymous: true });
  for (const [host, origin, atLocal, atOpen] of [
    ['127.0.0.1:8080', undefined, null, null],
    ['[::1]:8080', undefined, null, null],
    ['localhost', undefined, null, null],
    ['a.localhost:80', undefined, null, null],
    ['model-server:8080', undefined, null, null],
    ['models.example.com', undefined, null, null],
    // Names that lead to this machine, as somebody's DNS says.
    ['evil.example:8080', undefined, 403, null],
    ['127.0.0.1.evil.example', undefined, 403, null],
    ['localhost@evil.example', undefined, 403, null],
    ['', undefined, 403, null],
    ['localhost:8080', 'http://localhost:8080', null, null],
    ['localhost:8080', 'http://localhost:3000', 403, 403],
    ['localhost:8080', 'https://evil.example', 403, 403],
    ['localhost:8080', 'null', 403, 403],
    ['localhost:8080', 'https://models.example.com', null, 403],
    ['evil.example:8080', 'http://evil.example:8080', 403, null],
  ] as const) {
    assert.equal(statusOf(local, { host, origin }), atLocal, `${host} ${origin}`);
    assert.equal(statusOf(open, { host, origin }), atOpen, `${host} ${origin}`);
  }
});

test('requests need a token, health does not, and the log has its name', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const path = tokenFile(t, `ci ${ciToken}`);
  const clients: unknown[] = [];
  const server = await serving(t, registry, ['digits'], {
    tokenFile: path,
    observe: ({ exchange, code }) => void clients.push([exchange.path, exchange.client, code]),
  });
  const status = async (path: string, token?: string, method = 'GET'): Promise<number> => {
    const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const response = await fetch(`${server.url}${path}`, { method, headers });
    if (response.status === 401)
      assert.match(
        response.headers.get('www-authenticate') ?? '',
        /^Bearer realm="mlreg", Basic realm="mlreg"$/,
      );
    await response.arrayBuffer();
    return response.status;
  };
  for (const open of ['/healthz', '/livez', '/readyz', '/v2/health/live', '/v2/health/ready'])
    assert.equal(await status(open), 200, open);
  for (const closed of ['/', '/metrics', '/v2', '/v2/models/digits', '/v2/models/digits/ready', '/nothing']) {
    assert.equal(await status(closed), 401, closed);
    assert.equal(await status(closed, webToken), 401, closed);
    assert.equal(await status(closed, ciToken), closed === '/nothing' ? 404 : 200, closed);
  }
  assert.equal(await status('/v2/models/digits/infer', undefined, 'POST'), 401);
  assert.deepEqual(
    clients.filter((one) => JSON.stringify(one).includes('/metrics')),
    [
      ['/metrics', null, 401],
      ['/metrics', null, 401],
      ['/metrics', 'ci', 200],
    ],
  );
  writeFileSync(path, 'nothing');
  await assert.rejects(server.reload(), failsWith('INVALID_INPUT'));
  assert.equal(await status('/v2', ciToken), 200);
  writeFileSync(path, `web ${webToken}`);
  await server.reload();
  assert.deepEqual([await status('/v2', ciToken), await status('/v2', webToken)], [401, 200]);
});
