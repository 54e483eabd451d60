import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { openTls } from '../../../src/serve/guard/tls.ts';
import { registryWith, serving } from '../../support/served.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../../support/temp-folder.ts';

/** A copy of certificates and keys that a test may change. */
function pair(test: Cleanup, cert = 'a', key = cert): { cert: string; key: string } {
  const folder = tempFolder(test);
  const files = { cert: join(folder, 'server.crt'), key: join(folder, 'server.key') };
  copyFileSync(fixture(`tls/${cert}.crt`), files.cert);
  copyFileSync(fixture(`tls/${key}.key`), files.key);
  chmodSync(files.key, 0o600);
  return files;
}

/** The name of the certificate that a server shows, the protocol inside, and the version of TLS. */
function shake(port: number, options: object = {}): Promise<(string | null)[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => {
      const { subject } = socket.getPeerCertificate();
      resolve([String(subject.CN), socket.alpnProtocol || null, socket.getProtocol()]);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

function get(port: number, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request(
      { port, host: '127.0.0.1', path: '/v2', ca: readFileSync(fixture(`tls/${ca}.crt`)) },
      (response) => {
        response.setEncoding('utf8').on('data', resolve);
      },
    )
      .on('error', reject)
      .end();
  });
}

test('HTTPS answers with the certificate, and with the next one after a reload', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const tls = pair(t);
  const server = await serving(t, registry, ['digits'], { tls });
  assert.equal(server.url, `https://127.0.0.1:${server.port}`);
  assert.match(await get(server.port, 'a'), /"extensions"/);
  assert.deepEqual(await shake(server.port, { ALPNProtocols: ['h2', 'http/1.1'] }), [
    'mlreg-test-a',
    'http/1.1',
    'TLSv1.3',
  ]);
  await assert.rejects(shake(server.port, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' }));
  assert.equal((await shake(server.port, { maxVersion: 'TLSv1.2' })).at(2), 'TLSv1.2');

  writeFileSync(tls.cert, 'no certificate');
  await assert.rejects(server.reload(), failsWith('INVALID_INPUT', /server\.crt" is no certificate in PEM/));
  assert.deepEqual((await shake(server.port)).at(0), 'mlreg-test-a');
  copyFileSync(fixture('tls/b.crt'), tls.cert);
  copyFileSync(fixture('tls/b.key'), tls.key);
  await server.reload();
  assert.deepEqual((await shake(server.port)).at(0), 'mlreg-test-b');
  assert.match(await get(server.port, 'b'), /"extensions"/);

  // Plain HTTP does not disturb it.
  await assert.rejects(fetch(`http://127.0.0.1:${server.port}/v2`));
  assert.match(await get(server.port, 'b'), /"extensions"/);
});

test('files that do not fit are told by name', async (t) => {
  const good = pair(t);
  await assert.rejects(
    openTls(pair(t, 'a', 'b')),
    failsWith(
      'INVALID_INPUT',
      /the private key .*server\.key" is not that of the certificate .*server\.crt"$/,
    ),
  );
  await assert.rejects(
    openTls({ cert: good.key, key: good.key }),
    failsWith('INVALID_INPUT', /server\.key" is no certificate in PEM/),
  );
  await assert.rejects(
    openTls({ cert: good.cert, key: good.cert }),
    failsWith('INVALID_INPUT', /server\.crt" is no private key in PEM/),
  );
  await assert.rejects(openTls({ ...good, key: '/nowhere/server.key' }), failsWith('NOT_FOUND', /nowhere/));
});

test('an expired certificate and a key that everybody can read are warned of', async (t) => {
  const files = pair(t, 'old', 'a');
  chmodSync(files.key, 0o644);
  const warnings = (await openTls(files)).warnings();
  assert.match(warnings.join('\n'), /server\.crt" expired on 2020-02-01\n.*server\.key" can be read/);
  assert.deepEqual((await openTls(pair(t))).warnings(), []);
});
