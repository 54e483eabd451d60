import type { Command } from 'commander';
import { resolve } from 'node:path';
import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import type { Correction, DriftMethod } from '../../../core/measurements/drift.ts';
import { parseReference } from '../../../core/versions/reference.ts';
import { parseTableKind, tableEndings, tableKindWords } from '../../../data/table-format.ts';
import type { DriftResult } from '../../../drift/drift-report.ts';
import type { DriftInput } from '../../../drift/drift-version.ts';
import { type ColumnChoice, parseColumnList } from '../../../predict/columns/column-choice.ts';
import type { AskedType } from '../../../profile/column-state.ts';
import type { Registry } from '../../../registry/registry.ts';
import { startReport } from '../../output/start-report.ts';
import type { Act } from '../../command-module.ts';
import type { Session } from '../../context.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { parseColumnType } from '../../options/column-types.ts';
import {
  parseBins,
  parseMethod,
  parseShare,
  parseThreshold,
  type PerColumn,
} from '../../options/drift-options.ts';
import {
  choice,
  markdownOption,
  namedPath,
  parseOutputFile,
  sourcePath,
  standardOutput,
} from '../../options/options.ts';
import { collectMap } from '../../options/table-options.ts';
import { startProgress } from '../../output/progress.ts';

interface Options {
  live: string;
  reference?: string;
  target?: string;
  method?: PerColumn<DriftMethod>;
  threshold?: PerColumn<number>;
  bins?: DriftInput['judge']['bins'];
  type?: Map<string, AskedType>;
  correction?: Correction;
  share?: number;
  columns?: ColumnChoice[];
  map?: Map<string, readonly ColumnChoice[]>;
  exclude?: ColumnChoice[];
  inputFormat?: string;
  save?: boolean;
  junit?: string;
  exec?: string;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('drift')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@production (see mlreg help references)')
    .argument('[args...]', 'arguments for --exec; put -- before arguments that start with a dash')
    .summary('say whether live data still looks like the training data')
    .description(
      'Compares each column of live data with the data that the version was trained on: the two-sample Kolmogorov-Smirnov test, χ² or z with few rows, ' +
        'Wasserstein and Jensen-Shannon distances with more than 1,000; PSI, Kullback-Leibler and Hellinger are computed, too. New and lost values, more missing values, ' +
        'ranges and units are findings of their own. Exits with code 5 if half of the columns drifted, or if an input of the model is missing, of another type, or empty.',
    )
    .requiredOption('--live <file>', `the live data, ${tableEndings}; -: stdin`, (path: string) =>
      namedPath('--live', path),
    )
    .option(
      '--reference <file>',
      'the data that it is compared with (default: the stored profile of the version)',
      (path: string) => namedPath('--reference', path),
    )
    .option('--target <column>', 'column of the right answers, which is no input of the model')
    .option(
      '--method <method>',
      'ks, wasserstein, psi, kl, js, hellinger, chi2 or z, or COLUMN=METHOD (repeatable; default: by type and rows)',
      parseMethod,
    )
    .option(
      '--threshold <x>',
      'what counts as drift, or COLUMN=X (repeatable; default: p-values below 0.05, distances from 0.1)',
      parseThreshold,
    )
    .option(
      '--bins <rule>',
      'bins of PSI, KL, JS and Hellinger: sturges (default), deciles, or how many',
      parseBins,
    )
    .option(
      '--type <column=type>',
      'type of a column, instead of the guess (repeatable): numeric, categorical, datetime, text, ignore',
      parseColumnType,
    )
    .addOption(choice('--correction <name>', 'correct p-values for being many', ['holm', 'bonferroni', 'bh']))
    .option(
      '--share <x>',
      'share of drifted columns that counts as drift of the data (default 0.5)',
      parseShare,
    )
    .option(
      '--columns <columns>',
      "columns of the model's input, by name or position (default: by the inputs' names, else all)",
      (text) => parseColumnList(text, '--columns'),
    )
    .option(
      '--map <input=columns>',
      'columns of one input (repeatable): --map features=age,weight',
      collectMap,
    )
    .option('--exclude <columns>', 'columns that are no inputs', (text) => parseColumnList(text, '--exclude'))
    .option('--input-format <format>', `format of both files, if their names do not tell: ${tableKindWords}`)
    .option('--save', 'store the result with the version')
    .option(
      '--junit <file>',
      'also write a JUnit report: a test case a column',
      parseOutputFile('--junit', 'drift.xml'),
    )
    .option(
      '--exec <program>',
      'program to run on drift (without a shell), with the result as JSON on stdin',
      (text: string) => namedPath('--exec', text),
    )
    .addOption(markdownOption())
    .action(act(run));
}

async function run(session: Session, text: string, args: string[], options: Options): Promise<void> {
  const { exec, junit } = options;
  const ref = parseReference(text);
  if (exec === undefined && args.length > 0)
    throw new MlregError('USAGE', `unexpected argument ${quote(args[0] ?? '')}: arguments need --exec`, {
      hint: 'for example --exec ./retrain.sh ARGUMENT',
    });
  const input = inputOf(session, options);
  const [{ driftFailure, driftVersion }, { driftView }] = await Promise.all([
    import('../../../api/verbs/run/drift.ts'),
    import('../../../render/drift/drift-view.ts'),
  ]);
  const progress = startProgress(session, 'percent');
  await session.withRegistry(async (registry) => {
    const report =
      junit === undefined
        ? null
        : await startReport(registry, resolve(session.cwd, junit), { flag: '--junit', replace: true });
    try {
      const result = await driftVersion(registry, {
        ...input,
        ref,
        onProgress: ({ what, done, total }) => progress.update({ done, total, what }),
      });
      progress.stop();
      const failure = driftFailure(result);
      const hook =
        exec === undefined || failure === undefined
          ? { exec: null, warnings: [] }
          : await runHook(session, registry, [exec, ...args], result);
      if (report !== null) {
        const { driftJunit } = await import('../../../render/drift/drift-junit.ts');
        await report.write(driftJunit(result));
        await report.finish();
      }
      await session.output.show(
        'drift',
        driftView,
        { ...result, exec: hook.exec },
        { changed: result.saved !== null, warnings: [...result.warnings, ...hook.warnings] },
      );
      if (failure !== undefined) session.fail(failure);
    } finally {
      progress.stop();
      await report?.discard();
    }
  });
}

async function runHook(session: Session, registry: Registry, command: string[], result: DriftResult) {
  const { describeFailure, failureOf, locationText, runWith } =
    await import('../../../api/verbs/run/drift.ts');
  const isSilent = session.form === 'json' || session.form === 'quiet';
  const { warnings: _warnings, ...report } = result;
  const ended = await runWith(command, {
    stdin: JSON.stringify({ schemaVersion: 1, command: 'drift', ...report }),
    env: {
      MLREG_REGISTRY: locationText(registry),
      MLREG_ACTION: 'drift',
      MLREG_MODEL: result.name,
      MLREG_VERSION: result.version,
    },
    timeoutMs: null,
    signal: session.signal,
    onOutput: isSilent ? undefined : (said) => void session.stderr().write(said),
  });
  const how = failureOf(ended);
  return {
    exec: { command, ...ended },
    warnings: how === null ? [] : [describeFailure(command, how, ended)],
  };
}

function inputOf({ cwd }: Session, options: Options): Omit<DriftInput, 'ref' | 'onProgress'> {
  const { method, threshold, inputFormat } = options;
  const kindFlag = '--input-format';
  const kind = inputFormat === undefined ? undefined : parseTableKind(kindFlag, inputFormat);
  const table = (flag: string, path: string): DriftInput['live'] => ({
    path: path === standardOutput ? null : resolve(cwd, sourcePath(flag, path)),
    kind,
    kindFlag,
  });
  return {
    live: table('--live', options.live),
    reference: options.reference === undefined ? null : table('--reference', options.reference),
    target: options.target ?? null,
    judge: {
      methods: method?.own ?? new Map<string, DriftMethod>(),
      method: method?.all ?? null,
      thresholds: threshold?.own ?? new Map<string, number>(),
      threshold: threshold?.all ?? null,
      types: options.type ?? new Map<string, AskedType>(),
      bins: options.bins ?? 'sturges',
      correction: options.correction ?? null,
    },
    share: options.share ?? 0.5,
    columns: options.columns,
    map: options.map,
    exclude: options.exclude,
    save: options.save === true,
  };
}

export function help(): CommandHelp {
  return {
    examples: [
      [
        'Does the live data look like the training data?',
        'mlreg drift digits@production --reference train.csv --live train.csv',
      ],
      [
        'By population stability with ten bins, and store the result:',
        'mlreg drift digits --reference train.csv --live train.csv --method psi --bins deciles --save',
      ],
      [
        'In CI, with a report, and a program that is run on drift:',
        'mlreg drift digits --reference train.csv --live train.csv --junit drift.xml --exec ./retrain.sh',
      ],
    ],
    output:
      'columns has the verdict, all measures and a summary of both sides of each column; findings is what is odd besides; skipped says why a column was not compared. In a pipe, each column is a row: name, type, method, statistic, p-value, threshold, drifted. --quiet prints drifted or stable.',
    exitCodes: {
      2: 'wrong flags, a malformed table, or an option about a column that does not exist',
      3: 'no such registry, version or file, or no reference',
      4: 'a table changed while it was read',
      5: 'the data has moved: enough columns drifted, or an input of the model is missing, of another type, or empty',
      ...registryCodes,
      6: 'a table is damaged or cut short, or the registry is damaged',
    },
    seeAlso: ['profile', 'evaluate', 'data-drift'],
  };
}
