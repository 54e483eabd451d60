import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/quote.ts';
import { choice, parseCount } from '../options.ts';

/** Options that say how runs follow each other. */
export function addLoadOptions(command: Command): Command {
  return command
    .addOption(
      choice(
        '--scenario <name>',
        'how runs follow each other, as in MLPerf: the next when the last is done (the default), in queries of several, due at random ' +
          'times (with --rate), or all there from the start',
        ['single', 'multi', 'server', 'offline'],
      ),
    )
    .option(
      '--rate <n>',
      'runs that become due per second, as from many independent clients; the latency is then from when each was due (scenario server). At least 100 runs are made, however long that takes',
      parseRate,
    )
    .option(
      '--concurrency <n>',
      'so many runs at once, each with a session of its own (default 1); of the scenario single, so many clients',
      parseCount('--concurrency', 1, 256),
    )
    .option(
      '--samples-per-query <n>',
      'runs of one query, for --scenario multi (default 8)',
      parseCount('--samples-per-query', 1, 10_000),
    )
    .option(
      '--as-deployed',
      'leave the threads of a session and their spinning to ONNX Runtime, as a program does that sets no options',
    );
}

function parseRate(text: string): number {
  if (/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) return Number(text);
  throw new MlregError('USAGE', `--rate ${quote(text)} is not a number of runs per second`, {
    hint: 'for example --rate 200',
  });
}
