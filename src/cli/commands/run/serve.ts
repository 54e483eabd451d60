import { resolve } from 'node:path';
import type { Command } from 'commander';
import { parseReference, parseStageName } from '../../../core/versions/reference.ts';
import type { ServeLine } from '../../../render/serve/serve-view.ts';
import type { SlotNews } from '../../../api/verbs/run/serve.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { notTogether } from '../../options/options.ts';
import { addServeOptions, type ServeFlags } from '../../options/serve-options.ts';
import { useStateFolder } from '../../../files/state-folder.ts';
import { defineSelfTest, selfTestHelp } from './serve-selftest.ts';
import { defineStatus, statusHelp } from './serve-status.ts';

export function define(parent: Command, act: Act): Command {
  const command = addServeOptions(parent.command('serve'))
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
            recycleAfter,
            recycleAbove,
            interval,
            keepWarm,
            fallback,
            chain,
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
            state,
            ...options
          }: ServeFlags,
        ) => {
          if (accessLog === true && accessLogFile !== undefined)
            throw notTogether('--access-log', '--access-log-file');
          if (tokenFile !== undefined && options.allowAnonymous === true)
            throw notTogether('--token-file', '--allow-anonymous');
          for (const [flag, given] of [
            ['--recycle-after', recycleAfter],
            ['--recycle-above', recycleAbove],
          ] as const)
            if (given !== undefined && options.isolation === 'none')
              throw notTogether(flag, '--isolation none');
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
          // Before the registry: of one that is read-only, the database is copied.
          if (state !== undefined) await useStateFolder(resolve(session.cwd, state));
          await session.withRegistry(async (registry) => {
            const early: string[] = [];
            let warn = (warning: string): void => void early.push(warning);
            const earlyNews: SlotNews[] = [];
            let news: (found: SlotNews) => void = (found) => void earlyNews.push(found);
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
              recycle: { answers: recycleAfter, bytes: recycleAbove },
              intervalMs: interval,
              keepWarmMs: keepWarm,
              fallbacks: fallback,
              chains: chain,
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
            for (const found of earlyNews) news(found);
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
        'Serve a model behind the one that prepares its inputs, as one:',
        'mlreg serve --chain scale@production,digits@production',
      ],
      [
        'Serve other machines, who need a token, over TLS:',
        'mlreg serve digits --host 0.0.0.0 --token-file tokens --tls-cert cert.pem --tls-key key.pem',
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
