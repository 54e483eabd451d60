import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { Device } from '../../../core/device.ts';
import { MlregError } from '../../../core/errors.ts';
import { parseDuration } from '../../../core/text/units.ts';
import { parseReference } from '../../../core/versions/reference.ts';
import { parseTableKind, tableEndings, tableKindWords } from '../../../data/table-format.ts';
import { type ColumnChoice, parseColumnList } from '../../../predict/columns/column-choice.ts';
import type { KeepOptions } from '../../../predict/keep-run.ts';
import { parseShard, type Shard } from '../../../predict/shard.ts';
import type { Act } from '../../command-module.ts';
import type { Session } from '../../context.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { deviceOption, namedPath, standardOutput } from '../../options/options.ts';
import { addTableOptions, type TableFlags, tableOptions } from '../../options/table-options.ts';
import { startProgress } from '../../output/progress.ts';

interface Options extends TableFlags {
  input: string;
  output: string;
  outputFormat?: string;
  select?: ColumnChoice[];
  device?: Device;
  keep?: boolean;
  key?: ColumnChoice;
  keepFor?: string;
  record: boolean;
  shard?: Shard;
  resume?: boolean;
}

export function define(parent: Command, act: Act): Command {
  const command = parent
    .command('predict')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@production (see mlreg help references)')
    .summary('run a version on the rows of a file')
    .description(
      'Runs the model on every row of a table, and writes the table with a column for each value of the model. What the table has ' +
        'is not changed by a byte. Columns fill inputs by their names; a model with one input takes all columns of numbers in order. ' +
        'The memory does not grow with the table. ONNX Runtime runs in a child process with limits. The output appears when it is ' +
        'complete; if something fails, there is none. Parquet needs the optional package @duckdb/node-api and a file: no pipe. ' +
        'Its columns keep their types, one session takes 2,048 rows at a time, and --reject tells the row, column and reason.',
    )
    .requiredOption('--input <file>', `table to read, ${tableEndings}; -: stdin`, (path) =>
      namedPath('--input', path),
    )
    .requiredOption('--output <file>', 'table to write, of the same format; -: stdout', (path) =>
      namedPath('--output', path),
    );
  return addTableOptions(command)
    .option('--select <columns>', 'columns to write, of the table and of the model (default: all)', (text) =>
      parseColumnList(text, '--select'),
    )
    .option('--output-format <format>', `format of the output, if its name does not tell: ${tableKindWords}`)
    .addOption(deviceOption())
    .option('--keep', 'keep key, prediction and version of each row for labels that come later; needs --key')
    .option('--key <column>', 'column whose cells are the keys of --keep', parseKey)
    .option('--keep-for <time>', 'how long to keep them (default 90d)')
    .option(
      '--shard <i/n>',
      'predict one of n parts, for many machines; {shard} in the names of --output and --reject is its number',
      parseShard,
    )
    .option(
      '--resume',
      'with --shard: leave a part that an earlier run made of the same table, version and options',
    )
    .option('--no-record', 'do not record the run in the history of the version')
    .action(act(run));
}

async function run(session: Session, text: string, options: Options): Promise<void> {
  const ref = parseReference(text);
  const { input, output, outputFormat, select } = options;
  const toStdout = output === standardOutput;
  if (toStdout) refuseForm(session);
  const [{ predict }, { predictView }] = await Promise.all([
    import('../../../api/verbs/run/predict.ts'),
    import('../../../render/predict/predict-view.ts'),
  ]);
  const progress = startProgress(session, 'rows');
  await session.withRegistry(async (registry) => {
    try {
      const result = await predict(registry, {
        ...tableOptions(session.cwd, '--input', input, options),
        ref,
        output: toStdout ? null : resolve(session.cwd, output),
        outputKind: outputFormat === undefined ? undefined : parseTableKind('--output-format', outputFormat),
        select,
        device: options.device,
        keep: keepOptions(options),
        record: options.record,
        shard: options.shard,
        resume: options.resume === true,
        onProgress: ({ rows, bytes, size }) =>
          progress.update({ done: bytes, total: size ?? 0, what: 'predicting', rows }),
      });
      progress.stop();
      const { warnings } = result;
      if (!toStdout)
        await session.output.show('predict', predictView, result, { changed: !result.resumed, warnings });
    } finally {
      progress.stop();
    }
  });
}

function parseKey(text: string): ColumnChoice {
  const [key, ...others] = parseColumnList(text, '--key');
  if (key !== undefined && others.length === 0) return key;
  throw new MlregError('USAGE', `--key ${text}: it takes one column`, {
    hint: 'quote a name with a comma: --key \'"a,b"\'',
  });
}

function keepOptions({ keep, key, keepFor }: Options): KeepOptions | undefined {
  if (keep === true && key !== undefined)
    return { key, forMs: keepFor === undefined ? undefined : parseDuration(keepFor) };
  if (keep !== true && key === undefined && keepFor === undefined) return undefined;
  const [has, lacks] =
    keep === true ? ['--keep', '--key'] : [key === undefined ? '--keep-for' : '--key', '--keep'];
  throw new MlregError('USAGE', `${has} needs ${lacks}`, {
    hint: 'use --keep --key COLUMN, such as --key id',
  });
}

/** Standard output holds only the table. */
function refuseForm({ options: { format, json } }: Session): void {
  if (format === undefined && json !== true) return;
  const flag = json === true ? '--json' : `--format ${format}`;
  throw new MlregError('USAGE', `--output - writes the table to stdout: it cannot be used with ${flag}`, {
    hint: `use a file: --output FILE ${flag}`,
  });
}

export function help(): CommandHelp {
  return {
    examples: [
      [
        'Predict a file; the target is no input:',
        'mlreg predict digits@production --input train.csv --exclude target --output predicted.csv',
      ],
      [
        'In a pipe, one column of the table with one of the model:',
        'mlreg predict digits --input - --output - --exclude target --select target,label < train.csv',
      ],
      [
        'Set bad rows aside, unless they are more than one in a hundred:',
        'mlreg predict digits --input train.csv --exclude target --output out.csv.gz \\\n  --reject bad.csv --max-rejects 1%',
      ],
    ],
    output: '--quiet prints the reference. With --output - only the table is written to stdout.',
    exitCodes: {
      0: 'every row was predicted or, with --reject, set aside',
      2: 'wrong flags, a table that does not fit the model, or a bad row without --reject; no output',
      3: 'no such registry, version, file or folder, or ONNX Runtime or, for Parquet, DuckDB is not installed',
      4: 'the output exists: see --force',
      5: 'more rejected rows than --max-rejects, or the model failed on a row, crashed, timed out or used too much memory',
      ...registryCodes,
      6: 'bytes of the version are missing or corrupt, or the input is damaged or cut short',
    },
    seeAlso: ['test', 'bench', 'batch-inference', 'references'],
  };
}
