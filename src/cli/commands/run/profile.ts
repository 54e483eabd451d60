import type { Command } from 'commander';
import { resolve } from 'node:path';
import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import { parseReference } from '../../../core/versions/reference.ts';
import { tableEndings } from '../../../data/table-format.ts';
import type { ProfileInput } from '../../../profile/profile-data.ts';
import type { AskedType } from '../../../profile/column-state.ts';
import type { Act } from '../../command-module.ts';
import type { Session } from '../../context.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { parseColumnType } from '../../options/column-types.ts';
import { collect, parseOutputFile, sourcePath } from '../../options/options.ts';
import { addModelTableOptions, tableOptions, type TableFlags } from '../../options/table-options.ts';
import { startProgress } from '../../output/progress.ts';

interface Options extends TableFlags {
  model?: string;
  save: boolean;
  merge?: boolean;
  output?: string;
  redact?: string[];
  type?: Map<string, AskedType>;
}

export function define(parent: Command, act: Act): Command {
  const command = parent
    .command('profile')
    .argument('<data...>', `a table, ${tableEndings}; -: stdin. With --merge: files of profiles`)
    .summary('say what the columns of a table look like')
    .description(
      'Profiles every column of a table: type, count, missing, distinct values, mean, deviation, quantiles, histogram, most frequent values. ' +
        'A profile is some kilobytes a column, and takes the place of the data where it is compared: it has the exact value at 1,001 ranks, so that it says how far it can be off. ' +
        '--model also profiles what the version answers, and stores the profile with it. Profiles of parts can be merged. ' +
        'Of text columns with mostly distinct values, no value is kept.',
    )
    .option('--model <ref>', 'version that the data is of: run it, and store the profile with it')
    .option('--no-save', 'with --model: do not store the profile')
    .option('--merge', 'merge files of profiles')
    .option(
      '-o, --output <file>',
      'write the profile into a JSON file',
      parseOutputFile('--output', 'profile.json'),
    )
    .option('--redact <column>', 'keep no value of this column (repeatable)', collect)
    .option(
      '--type <column=type>',
      'type of a column, instead of the guess (repeatable): numeric, categorical, datetime, text, ignore',
      parseColumnType,
    );
  return addModelTableOptions(command).action(act(run));
}

async function run(session: Session, data: string[], options: Options): Promise<void> {
  const { model, redact = [], type = new Map<string, AskedType>(), output, force } = options;
  const ref = model === undefined ? null : parseReference(model);
  const of = dataOf(session, data, options);
  if (ref === null && !options.save) throw requires('--no-save', '--model REF');
  if (force === true && output === undefined) throw requires('--force', '--output FILE');
  const [{ profileData }, { profileView }] = await Promise.all([
    import('../../../api/verbs/run/profile.ts'),
    import('../../../render/profile/profile-view.ts'),
  ]);
  const progress = startProgress(session, 'rows');
  const input: ProfileInput = {
    of,
    ref,
    save: options.save,
    types: type,
    redact: new Set(redact),
    output: output === undefined ? null : resolve(session.cwd, output),
    force,
    onRows: ({ rows, bytes, size }) =>
      progress.update({ done: bytes, total: size ?? 0, what: 'reading', rows }),
  };
  const show = async (registry: Parameters<typeof profileData>[0]): Promise<void> => {
    const result = await profileData(registry, input, session.signal);
    progress.stop();
    const { warnings, saved } = result;
    await session.output.show('profile', profileView, result, {
      changed: saved !== null || result.output !== null,
      warnings,
    });
  };
  try {
    // A table is profiled without a registry.
    await (ref === null ? show(null) : session.withRegistry(show));
  } finally {
    progress.stop();
  }
}

function dataOf(session: Session, data: string[], options: Options): ProfileInput['of'] {
  if (options.merge === true) {
    const other =
      options.redact !== undefined ? '--redact' : options.type !== undefined ? '--type' : undefined;
    if (other !== undefined)
      throw new MlregError('USAGE', `${other} has no effect with --merge`, {
        hint: 'pass it when the parts are profiled',
      });
    return { merge: data.map((file) => resolve(session.cwd, sourcePath('FILE', file))) };
  }
  const [file = '', further] = data;
  if (further !== undefined)
    throw new MlregError('USAGE', `a profile is of one table, but ${quote(further)} is a second one`, {
      hint: 'profile each with -o FILE.json, then: mlreg profile --merge FILE.json FILE.json -o all.json',
    });
  return tableOptions(session.cwd, 'DATA', file, options);
}

function requires(flag: string, other: string): MlregError {
  return new MlregError('USAGE', `${flag} requires ${other}`, { hint: `add ${other}, or omit ${flag}` });
}

export function help(): CommandHelp {
  return {
    examples: [
      ['What does the data look like?', 'mlreg profile train.csv'],
      [
        'Store it with a version, with what the version answers:',
        'mlreg profile train.csv --model digits@1.1.0 --exclude target',
      ],
      [
        'Into a file, without the values of a column:',
        'mlreg profile train.csv --redact target -o profile.json --force',
      ],
      ['The profile of all parts:', 'mlreg profile --merge profile.json profile.json -o all.json --force'],
    ],
    output:
      'columns has a summary of each column; the order statistics are in the file of --output and in the registry. In a pipe, each column is a row: name, type, count, missing, distinct, mean, std, min, max.',
    exitCodes: {
      2: 'wrong flags, a table that is malformed or has two columns of one name, a bad row, or a file that is no profile',
      3: 'no such file or folder; with --model: no such registry or version',
      4: 'the file of --output exists: see --force; or the data changed while it was read',
      5: 'the model failed on a row, crashed, timed out or used too much memory',
      ...registryCodes,
      6: 'the data is damaged or cut short, or bytes of the version are missing or corrupt',
    },
    seeAlso: ['evaluate', 'predict', 'register', 'show', 'drift', 'data-drift'],
  };
}
