/** Servers that people write in Python, with the newest versions that were measured. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { installPackages } from '../../services/install.ts';

const packages = [
  'fastapi==0.165.0',
  'uvicorn==0.54.0',
  'uvloop==0.23.0',
  'httptools==0.9.0',
  'orjson==3.13.0',
  'numpy==2.4.6',
  'onnxruntime==1.32.0',
  'grpcio==1.85.3',
  'protobuf==7.36.2',
];

/** The files of this folder. */
export type Peer = 'tutorial' | 'tuned' | 'bare_asgi' | 'grpc_aio' | 'bare_node';

/** The Python that all peers run in. */
export function installPeers(cache: string): string {
  return installPackages(cache, packages);
}

export interface RunningPeer {
  process: ChildProcess;
  port: number;
}

/** Starts a peer; `isReady` asks it for an answer, until it gives one. */
export async function startPeer(
  python: string,
  peer: Peer,
  model: string,
  isReady: (port: number) => Promise<boolean>,
): Promise<RunningPeer> {
  const port = await freePort();
  const [program, file] = peer === 'bare_node' ? [process.execPath, `${peer}.ts`] : [python, `${peer}.py`];
  const child = spawn(program, [fileURLToPath(new URL(file, import.meta.url))], {
    env: { ...process.env, MODEL: model, PORT: String(port) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  // Also if this process fails.
  process.once('exit', () => child.kill('SIGKILL'));
  const end = performance.now() + 60_000;
  while (!(await isReady(port).catch(() => false))) {
    if (child.exitCode !== null || performance.now() > end) throw new Error(`${peer} does not start`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { process: child, port };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
