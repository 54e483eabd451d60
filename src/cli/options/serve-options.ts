import { type Command, Option } from 'commander';
import type { Device } from '../../core/device.ts';
import { MlregError } from '../../core/errors.ts';
import { parseByteSize, parseDuration } from '../../core/text/units.ts';
import { type ChainChoice, parseChain } from '../../core/versions/chain.ts';
import { parseReference, parseStageName, type Reference } from '../../core/versions/reference.ts';
import { collect, deviceOption, namedPath, parseCount, sourcePath } from './options.ts';

/** The flags of `serve`, as they were given. */
export interface ServeFlags {
  stage?: string;
  host?: string;
  tokenFile?: string;
  allowAnonymous?: boolean;
  allowHost?: string[];
  tlsCert?: string;
  tlsKey?: string;
  socket?: string;
  maxConnections: number;
  port?: number;
  grpcPort?: number | 'off';
  isolation: 'child' | 'none';
  threads: number;
  device?: Device;
  maxBatch: number;
  maxQueue: number;
  deadline: number;
  maxBody: number;
  drainDelay: number;
  memoryLimit?: number;
  recycleAfter?: number;
  recycleAbove?: number;
  cache?: string;
  pin?: boolean;
  interval: number;
  keepWarm: number;
  fallback: Reference[];
  chain: ChainChoice[];
  accessLog?: boolean;
  accessLogFile?: string;
  metricsAliases?: 'nv';
  state?: string;
  check?: boolean;
}

/** Declares the flags of `serve`. */
export function addServeOptions(command: Command): Command {
  return command
    .option('--stage <stage>', 'also every model that has a version in this stage', parseStageName)
    .option('--host <address>', 'address to listen on (default: "127.0.0.1")')
    .option(
      '--token-file <path>',
      'require a token; the file has NAME TOKEN or NAME sha256:HEX on each line',
      (text) => sourcePath('--token-file', text),
    )
    .option('--allow-anonymous', 'let everybody who reaches --host use the models, without a token')
    .option('--tls-cert <path>', 'certificate for HTTPS, with those that signed it (PEM)', (text) =>
      sourcePath('--tls-cert', text),
    )
    .option('--tls-key <path>', 'private key of the certificate (PEM, not encrypted)', (text) =>
      sourcePath('--tls-key', text),
    )
    .option(
      '--socket <path>',
      'listen on a socket in the file system, which only this user may use, and on no port',
      (text) => namedPath('--socket', text),
    )
    .option(
      '--allow-host <name>',
      'name that requests may have in Host and Origin, as behind a proxy; repeatable',
      collect,
    )
    .addOption(
      new Option('--port <port>', 'port to listen on; 0: any free one (default: 8080)').argParser(
        parseCount('--port', 0, 65_535),
      ),
    )
    .option(
      '--grpc-port <port>',
      'port for gRPC, or off; 0: any free one (default: the one after --port)',
      parseGrpcPort,
    )
    .addOption(
      new Option(
        '--isolation <where>',
        'child: a process for each version; none: in the server (less CPU, no protection)',
      )
        .choices(['child', 'none'])
        .default('child'),
    )
    .addOption(
      new Option('--threads <n>', 'threads of ONNX Runtime for each version')
        .argParser(parseCount('--threads', 1, 256))
        .default(1),
    )
    .addOption(deviceOption())
    .addOption(
      new Option('--max-batch <rows>', 'most rows that run together; 1: no batches')
        .argParser(parseCount('--max-batch', 1, 65_536))
        .default(32),
    )
    .addOption(
      new Option('--max-queue <requests>', 'requests that may wait for a version; more get 429')
        .argParser(parseCount('--max-queue', 1, 1_000_000))
        .default(256),
    )
    .addOption(
      new Option('--deadline <duration>', 'longest time from a request to its answer; then 504')
        .argParser(positiveDuration('--deadline'))
        .default(10_000, '10s'),
    )
    .addOption(
      new Option('--max-body <size>', 'largest body of a request; more get 413')
        .argParser(parseByteSize)
        .default(64_000_000, '64MB'),
    )
    .addOption(
      new Option('--max-connections <n>', 'connections at a time; more get 503')
        .argParser(parseCount('--max-connections', 1, 1_000_000))
        .default(16_000),
    )
    .addOption(
      new Option('--drain-delay <duration>', 'how long it still answers when it is told to stop')
        .argParser(parseDuration)
        .default(5000, '5s'),
    )
    .option(
      '--memory-limit <size>',
      'memory limit of each process (default: by the size of its model)',
      parseByteSize,
    )
    .addOption(
      new Option(
        '--recycle-after <requests>',
        'give a version a new process after so many; none of them is lost (default: never)',
      ).argParser(parseCount('--recycle-after', 1, 1_000_000_000)),
    )
    .option(
      '--recycle-above <size>',
      'give a version a new process when its process holds more memory, at most every 10 s',
      parseByteSize,
    )
    .option(
      '--cache <where>',
      'keep answers, for the same inputs to the same version: memory:64MB, redis://HOST:6379?ttl=1h or off (env MLREG_CACHE; default: off)',
    )
    .option('--pin', 'serve what the references mean now, also when stages move')
    .addOption(
      new Option('--interval <duration>', 'how often to look where the stages are')
        .argParser(positiveDuration('--interval'))
        .default(500, '500ms'),
    )
    .addOption(
      new Option('--keep-warm <duration>', 'how long the version before stays loaded after a swap')
        .argParser(parseDuration)
        .default(600_000, '10m'),
    )
    .addOption(
      new Option(
        '--fallback <ref>',
        'version that answers while processes of the served one die; one for each model',
      )
        .argParser((text: string, before: Reference[]) => [...before, parseReference(text)])
        .default([], 'none'),
    )
    .addOption(
      new Option(
        '--chain <[name=]refs>',
        'versions that answer one after the other, such as pre@production,net@production, under the name of the last; repeatable',
      )
        .argParser((text: string, before: ChainChoice[]) => [...before, parseChain(text)])
        .default([], 'none'),
    )
    .option(
      '--state <dir>',
      'folder for the copies of models that are served (default: that of TMPDIR); it is made if there is none',
      (text) => namedPath('--state', text),
    )
    .option('--access-log', 'write a line of JSON for each request to stderr')
    .option('--access-log-file <path>', 'write it to a file, which may be rotated at any time', (text) =>
      namedPath('--access-log-file', text),
    )
    .addOption(
      new Option(
        '--metrics-aliases <names>',
        'nv: /metrics has the metrics of requests also under the names of Triton',
      ).choices(['nv']),
    )
    .option('--check', 'load everything, run the golden sets, say whether it can be served, and exit');
}

function positiveDuration(flag: string): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms >= 1) return ms;
    throw new MlregError('USAGE', `${flag} must be at least 1ms, not ${text}`, { hint: `${flag} 10s` });
  };
}

/** Not null for off: commander makes an empty text of it. */
function parseGrpcPort(text: string): number | 'off' {
  return text === 'off' ? text : parseCount('--grpc-port', 0, 65_535)(text);
}
