import type { Command } from 'commander';
import { resolve } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { parseByteSize, parseDuration } from '../../core/text/units.ts';
import { parseTableKind, tableKindWords } from '../../data/table-format.ts';
import {
  type ColumnChoice,
  parseColumnList,
  parseInputColumns,
} from '../../predict/columns/column-choice.ts';
import { type MaxRejects, parseMaxRejects } from '../../predict/max-rejects.ts';
import type { RejectOptions } from '../../predict/reject-file.ts';
import type { TableOptions } from '../../predict/run-table.ts';
import { choice, parseCount, parseOutputFile, sourcePath } from './options.ts';

/** What `tableOptions` reads of a command line. */
export interface TableFlags {
  columns?: ColumnChoice[];
  map?: Map<string, readonly ColumnChoice[]>;
  exclude?: ColumnChoice[];
  inputFormat?: string;
  onMissing?: 'reject' | 'nan';
  batch?: number;
  workers?: number;
  timeout?: string;
  memoryLimit?: string;
  reject?: string;
  maxRejects?: MaxRejects;
  force?: boolean;
}

/** Stands for standard input in place of a file name. */
const standardInput = '-';

/** The options of commands that predict a table. */
export function addTableOptions(command: Command): Command {
  return addModelTableOptions(command)
    .option(
      '--reject <file>',
      'CSV file for rows that cannot be predicted: line, column, reason, text (default: the first one ends the run)',
      parseOutputFile('--reject', 'bad.csv'),
    )
    .option(
      '--max-rejects <n|percent>',
      'exit with code 5 if more rows are rejected: 100 or 0.5%',
      parseMaxRejects,
    );
}

/** How a model reads a table. */
export function addModelTableOptions(command: Command): Command {
  return command
    .option(
      '--columns <columns>',
      "columns of the model's input, by name or position: age,weight or 3-10 (default: by the inputs' names, else all)",
      (text) => parseColumnList(text, '--columns'),
    )
    .option(
      '--map <input=columns>',
      'columns of one input (repeatable): --map features=age,weight',
      collectMap,
    )
    .option('--exclude <columns>', 'columns that are no inputs, such as the target', (text) =>
      parseColumnList(text, '--exclude'),
    )
    .option('--input-format <format>', `format of the table, if its name does not tell: ${tableKindWords}`)
    .addOption(
      choice('--on-missing <what>', 'a missing value rejects its row (default), or is NaN', [
        'reject',
        'nan',
      ]),
    )
    .option(
      '--batch <n>',
      'most rows in a run of the model (default 1024, for Parquet 2048)',
      parseCount('--batch', 1, 1_000_000),
    )
    .option(
      '--workers <n>',
      'threads, each with a session of its own (default: by CPUs and memory)',
      parseCount('--workers', 1, 256),
    )
    .option('--timeout <time>', 'longest time without progress (default 60s)')
    .option('--memory-limit <size>', 'memory limit of the child process, for example 2GiB')
    .option('--force', 'replace existing files');
}

export function collectMap(
  text: string,
  before: Map<string, readonly ColumnChoice[]> = new Map(),
): Map<string, readonly ColumnChoice[]> {
  const [input, columns] = parseInputColumns(text, '--map');
  if (before.has(input))
    throw new MlregError('USAGE', `duplicate --map ${quote(input)}`, { hint: 'remove one of them' });
  return new Map([...before, [input, columns]]);
}

/** `flag` names the option of the table, `file`. */
export function tableOptions(
  cwd: string,
  flag: string,
  file: string,
  { inputFormat, timeout, memoryLimit, ...flags }: TableFlags,
): Omit<TableOptions, 'ref'> & RejectOptions {
  const kindFlag = '--input-format';
  return {
    columns: flags.columns,
    map: flags.map,
    exclude: flags.exclude,
    reject: flags.reject === undefined ? undefined : resolve(cwd, flags.reject),
    maxRejects: flags.maxRejects,
    force: flags.force,
    onMissing: flags.onMissing,
    batch: flags.batch,
    workers: flags.workers,
    table: {
      path: file === standardInput ? null : resolve(cwd, sourcePath(flag, file)),
      kind: inputFormat === undefined ? undefined : parseTableKind(kindFlag, inputFormat),
      kindFlag,
    },
    timeoutMs: timeout === undefined ? undefined : parseDuration(timeout),
    memoryLimitBytes: memoryLimit === undefined ? undefined : parseByteSize(memoryLimit),
  };
}
