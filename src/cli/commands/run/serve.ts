import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { MlregError } from '../../../core/errors.ts';
import { parseByteSize, parseDuration } from '../../../core/text/units.ts';
import { parseReference, parseStageName, type Reference } from '../../../core/versions/reference.ts';
import type { ServeLine } from '../../../render/serve/serve-view.ts';
import type { SlotNews } from '../../../api/verbs/run/serve.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { collect, namedPath, notTogether, parseCount, sourcePath } from '../../options/options.ts';
import { defineSelfTest, selfTestHelp } from './serve-selftest.ts';
import { defineStatus, statusHelp } from './serve-status.ts';

interface Options {
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
  maxBatch: number;
  maxQueue: number;
  deadline: number;
  maxBody: number;
  drainDelay: number;
  memoryLimit?: number;
  cache?: string;
  pin?: boolean;
  interval: number;
  keepWarm: number;
  fallback: Reference[];
  accessLog?: boolean;
  accessLogFile?: string;
  metricsAliases?: 'nv';
  check?: boolean;
}

export function define(parent: Command, act: Act): Command {
  const command = parent
    .command('serve')
    .helpCommand(false)
    .argument(
      '[refs...]',
      'versions, for example digits@production or digits@1.4.0 (see mlreg help references)',
    )
    .summary('serve versions over HTTP and gRPC by the Open Inference Protocol')
    .description(
      'Loads each version in a process of its own, runs its golden sets, and answers the requests that clients of Triton, KServe and ' +
        'MLServer send: /v2/models/NAME/infer with JSON or binary tensors, and inference.GRPCInferenceService over gRPC, with health and ' +
        'reflection. POST /predict/NAME takes rows as JSON or CSV (mlreg help serving). Requests that wait together run as one batch. A version that ' +
        'crashes, loops or takes too much memory is started again, and the requests that it had are sent to it once more. A reference ' +
        'to a stage follows it: the next version is loaded, tested and warm before it gets the first request, and one that fails its ' +
        'golden set gets none. SIGTERM ' +
        'or Ctrl-C: /v2/health/ready says no at once, it goes on answering for --drain-delay, answers what it has, and exits with 0.',
    )
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
    .option('--check', 'load everything, run the golden sets, say whether it can be served, and exit')
    .action(
      act(
        async (
          session,
          refs: string[],
          {
            deadline,
            maxBody,
            drainDelay,
            memoryLimit,
            interval,
            keepWarm,
            fallback,
            cache,
            accessLog,
            accessLogFile,
            host,
            port,
            tokenFile,
            allowHost,
            tlsCert,
            tlsKey,
            socket,
            maxConnections,
            check,
            ...options
          }: Options,
        ) => {
          if (accessLog === true && accessLogFile !== undefined)
            throw notTogether('--access-log', '--access-log-file');
          if (tokenFile !== undefined && options.allowAnonymous === true)
            throw notTogether('--token-file', '--allow-anonymous');
          if (socket !== undefined && host !== undefined) throw notTogether('--socket', '--host');
          if (socket !== undefined && port !== undefined) throw notTogether('--socket', '--port');
          if (socket !== undefined && typeof options.grpcPort === 'number')
            throw notTogether('--socket', '--grpc-port');
          const references = refs.map((ref) => parseReference(ref));
          const [{ parseCacheSetting, serve, tlsFiles }, { serveView }] = await Promise.all([
            import('../../../api/verbs/run/serve.ts'),
            import('../../../render/serve/serve-view.ts'),
          ]);
          const inCwd = (path: string | undefined): string | undefined =>
            path === undefined ? undefined : resolve(session.cwd, path);
          const stage = options.stage === undefined ? undefined : parseStageName(options.stage);
          const fromEnv = session.env['MLREG_CACHE'];
          const setting =
            cache !== undefined
              ? parseCacheSetting(cache, '--cache')
              : fromEnv
                ? parseCacheSetting(fromEnv, 'MLREG_CACHE')
                : undefined;
          await session.withRegistry(async (registry) => {
            const early: string[] = [];
            let warn = (warning: string): void => void early.push(warning);
            let news: (found: SlotNews) => void = () => undefined;
            const server = await serve(registry, {
              ...options,
              grpcPort: options.grpcPort === 'off' ? null : options.grpcPort,
              host: host ?? '127.0.0.1',
              port: port ?? 8080,
              tokenFile: inCwd(tokenFile),
              allowedHosts: allowHost,
              tls: tlsFiles(inCwd(tlsCert), inCwd(tlsKey)),
              socket: inCwd(socket),
              connections: { maxConnections },
              stage,
              refs: references,
              deadlineMs: deadline,
              maxBodyBytes: maxBody,
              // Nobody is asked to come to a server that is only checked.
              ...(check === true
                ? { port: 0, grpcPort: null, drainDelayMs: 0 }
                : { drainDelayMs: drainDelay }),
              memoryLimitBytes: memoryLimit,
              intervalMs: interval,
              keepWarmMs: keepWarm,
              fallbacks: fallback,
              cache: setting,
              news: (found) => news(found),
              accessLog:
                accessLogFile !== undefined
                  ? { path: resolve(session.cwd, accessLogFile) }
                  : accessLog === true
                    ? { path: null }
                    : undefined,
              warn: (warning) => warn(warning),
            });
            const show = (event: ServeLine['event'], warnings: string[]): Promise<void> =>
              session.output.show('serve', serveView, { ...server, event }, { warnings });
            if (check === true) {
              await server.stop();
              return show('checked', early);
            }
            await show('listening', early);
            news = (change) =>
              void session.output
                .show('serve', serveView, { ...server, event: 'changed', change }, { warnings: [] })
                .catch(() => undefined);
            warn = (warning) => void show('warning', [warning]).catch(() => undefined);
            session.onHangup(() => {
              void server
                .reload()
                .then(
                  () => show('reloaded', []),
                  (error: unknown) =>
                    show('warning', [`not read again, the old ones stay: ${(error as Error).message}`]),
                )
                .catch(() => undefined);
            });
            await server.stopped;
            await show('stopped', []);
          });
        },
      ),
    );
  defineStatus(command, act);
  defineSelfTest(command, act);
  return command;
}

/** Not null for off: commander makes an empty text of it. */
function parseGrpcPort(text: string): number | 'off' {
  return text === 'off' ? text : parseCount('--grpc-port', 0, 65_535)(text);
}

function positiveDuration(flag: string): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms >= 1) return ms;
    throw new MlregError('USAGE', `${flag} must be at least 1ms, not ${text}`, { hint: `${flag} 10s` });
  };
}

export function help(): CommandHelp {
  return {
    examples: [
      ['Serve what is in production:', 'mlreg serve digits@production --port 8080'],
      ['Serve every model that has a version in production:', 'mlreg serve --stage production --port 8080'],
      [
        'Keep answers, and give them again for the same inputs:',
        'mlreg serve digits@production --cache memory:64MB',
      ],
      ['Serve what is in production now, whatever is promoted later:', 'mlreg serve digits@production --pin'],
      [
        'Let an earlier version answer while processes of the new one die:',
        'mlreg serve digits@production --fallback digits@1.0.0',
      ],
      [
        'Serve two versions of a model; the first answers where none is named:',
        'mlreg serve digits@1.0.1 digits@1.1.0',
      ],
    ],
    output:
      'One object per line: listening when all versions can answer, then changed (see change), reloaded and warning, and stopped. --quiet prints the URL; with --check, the references.',
    exitCodes: {
      0: 'stopped by SIGTERM or Ctrl-C; every accepted request was answered',
      2: 'wrong flags, an address that others reach without tokens or that is not of this machine, tokens that cannot be used, not an ONNX model, or names that cannot be served together',
      3: 'no such registry, version or stage, or ONNX Runtime is not installed',
      5: 'a version fails its golden set, or does not load',
      ...registryCodes,
      6: 'bytes of a version or of its golden set are missing or corrupt',
    },
    seeAlso: ['promote', 'test', 'bench', 'predict', 'serving', 'observability', 'references'],
    commands: { status: statusHelp(), selftest: selfTestHelp() },
  };
}
