import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions, type Server } from 'node:tls';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { readText } from '../../files/read-text.ts';

/** Files in PEM. */
export interface TlsInput {
  /** The certificate, followed by those that signed it. */
  cert: string;
  key: string;
}

/** The certificate of a server, for every protocol. */
export interface Tls {
  options: () => SecureContextOptions & { handshakeTimeout: number };
  /** Gives a server each certificate that is read later. */
  follow: (server: Server) => void;
  /** Reads the files again. Rejects as `openTls`, and then the old certificate stays. */
  reload: () => Promise<void>;
  /** What is wrong with them, but does not hinder. */
  warnings: () => string[];
}

const mostBytes = 1 << 20;
/** Until a client has said hello and agreed on a key. */
const handshakeTimeout = 10_000;

/** NOT_FOUND for a file that is missing; INVALID_INPUT for one that is none, or a pair that does not fit. */
export async function openTls(input: TlsInput): Promise<Tls> {
  let pair = await readPair(input);
  const servers: Server[] = [];
  return {
    options: () => ({ ...pair.context, handshakeTimeout }),
    follow: (server) => void servers.push(server),
    async reload() {
      pair = await readPair(input);
      for (const server of servers) server.setSecureContext(pair.context);
    },
    warnings: () => pair.warnings,
  };
}

interface Pair {
  context: SecureContextOptions;
  warnings: string[];
}

async function readPair({ cert: certPath, key: keyPath }: TlsInput): Promise<Pair> {
  const cert = await readText(certPath, mostBytes, 'a certificate in PEM has a few kilobytes');
  const key = await readText(keyPath, mostBytes, 'a private key in PEM has a few kilobytes');
  // A class, which a bundle that loads `node:crypto` on demand does not have.
  const { X509Certificate } = process.getBuiltinModule('node:crypto');
  const leaf = tried(certPath, 'no certificate in PEM', () => new X509Certificate(cert));
  const secret = tried(keyPath, 'no private key in PEM without a passphrase', () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(secret))
    throw bad(`the private key ${quote(keyPath)} is not that of the certificate ${quote(certPath)}`);
  const context: SecureContextOptions = { cert, key, minVersion: 'TLSv1.2' };
  tried(certPath, 'a certificate that cannot be used', () => createSecureContext(context));
  return { context, warnings: await warningsOf(certPath, leaf, keyPath) };
}

function tried<Value>(path: string, what: string, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    throw bad(`${quote(path)} is ${what}: ${(cause as Error).message}`, cause);
  }
}

async function warningsOf(certPath: string, leaf: X509Certificate, keyPath: string): Promise<string[]> {
  const now = Date.now();
  const { mode } = await stat(keyPath);
  return [
    ...(leaf.validToDate.getTime() < now
      ? [`the certificate ${quote(certPath)} expired on ${leaf.validToDate.toISOString().slice(0, 10)}`]
      : []),
    ...(leaf.validFromDate.getTime() > now
      ? [`the certificate ${quote(certPath)} is valid from ${leaf.validFromDate.toISOString().slice(0, 10)}`]
      : []),
    ...(process.platform !== 'win32' && (mode & 0o004) !== 0
      ? [`the private key ${quote(keyPath)} can be read by everybody: chmod 600 ${quote(keyPath)}`]
      : []),
  ];
}

function bad(message: string, cause?: unknown): MlregError {
  return new MlregError('INVALID_INPUT', message, {
    hint: 'pass the chain of certificates with --tls-cert and its unencrypted key with --tls-key, both in PEM',
    cause,
  });
}
