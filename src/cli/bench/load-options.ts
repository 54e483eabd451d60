import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { choice, parseCount } from '../options/options.ts';

/** Adds the options for the load: how runs follow each other. */
export function addLoadOptions(command: Command): Command {
  return command
    .addOption(
      choice(
        '--scenario <name>',
        'MLPerf scenario: single (one run after another, the default), multi (queries of several samples), server (random arrivals, with ' +
          '--rate) or offline (all at once)',
        ['single', 'multi', 'server', 'offline'],
      ),
    )
    .option(
      '--rate <n>',
      'requests per second, arriving at random as from many independent clients; latency counts from the arrival (scenario server; at least 100 runs)',
      parseRate,
    )
    .option(
      '--concurrency <n>',
      'number of concurrent runs, each with its own session (default 1); with single: number of clients',
      parseCount('--concurrency', 1, 256),
    )
    .option(
      '--samples-per-query <n>',
      'samples per query, for --scenario multi (default 8)',
      parseCount('--samples-per-query', 1, 10_000),
    )
    .option('--as-deployed', 'use the default session options of ONNX Runtime (threads, spinning)');
}

function parseRate(text: string): number {
  if (/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) return Number(text);
  throw new MlregError('USAGE', `invalid --rate ${quote(text)}: not a number of runs per second`, {
    hint: 'for example --rate 200',
  });
}
