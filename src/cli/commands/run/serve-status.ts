import { setTimeout as sleep } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import { parseDuration } from '../../../core/text/units.ts';
import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import type { Act } from '../../command-module.ts';
import type { Session } from '../../context.ts';
import type { CommandHelp } from '../../help/command-help.ts';
import { readToken } from '../../input/read-token.ts';
import { namedPath } from '../../options/options.ts';

interface Options {
  tokenFile?: string;
  interval: number;
  once?: boolean;
}

/** Adds `status` to the command `serve`. */
export function defineStatus(serve: Command, act: Act): void {
  serve
    .command('status')
    .argument('<url>', 'address of a server, for example http://127.0.0.1:8080')
    .summary('show the state of a running server')
    .description(
      'Asks a running server for its state: models with requests per second, latency and failures of the last minute, processes, ' +
        'memory, disk, GPU. On a terminal it is shown again and again until Ctrl-C; otherwise once. ' +
        'The same is at the address itself: a page for browsers, JSON for programs, and /metrics for Prometheus.',
    )
    .option(
      '--token-file <path>',
      'file with the token that the server asks for (or set MLREG_SERVE_TOKEN)',
      (text) => namedPath('--token-file', text),
    )
    .addOption(
      new Option('--interval <duration>', 'on a terminal: how often to ask')
        .argParser(parseInterval)
        .default(2000, '2s'),
    )
    .option('--once', 'on a terminal: show it once')
    .action(
      act(async (session, text: string, { tokenFile, interval, once }: Options) => {
        const [{ parseServerUrl, serveStatus }, { statusView }] = await Promise.all([
          import('../../../api/verbs/run/serve-status.ts'),
          import('../../../render/serve/status-view.ts'),
        ]);
        const url = parseServerUrl(text);
        const token = await readToken(session, tokenFile);
        const { output, stdout, signal } = session;
        const isLive = once !== true && session.form === 'table' && redraws(session);
        for (;;) {
          const status = await serveStatus(url, { token, signal });
          if (isLive) stdout.write(clearScreen);
          await output.show('serve', statusView, status);
          if (!isLive) return;
          try {
            await sleep(interval, undefined, { signal });
          } catch {
            // Ctrl-C is how a live view ends.
            return;
          }
        }
      }),
    );
}

const clearScreen = '\u001b[H\u001b[2J';

function redraws({ stdout, env }: Session): boolean {
  return stdout.isTTY === true && env['TERM'] !== 'dumb';
}

function parseInterval(text: string): number {
  const ms = parseDuration(text);
  if (ms >= 100 && ms <= 3600e3) return ms;
  throw new MlregError('USAGE', `--interval must be from 100ms to 1h, not ${quote(text)}`, {
    hint: 'for example --interval 2s',
  });
}

export function statusHelp(): CommandHelp {
  return {
    examples: [['The state of a server:', 'mlreg serve status http://127.0.0.1:8080']],
    output: '--quiet prints the references of the versions that can answer.',
    exitCodes: {
      2: 'wrong flags, or the address is not that of a server of mlreg',
      3: 'no server answers, or no such file',
      9: 'the server asks for a token, or refuses it',
    },
    seeAlso: ['serve', 'promote', 'history', 'observability'],
  };
}
