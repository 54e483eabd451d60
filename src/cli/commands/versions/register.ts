import type { Command } from 'commander';
import { MlregError } from '../../../core/errors.ts';
import { parseModelName, parseStageName } from '../../../core/versions/reference.ts';
import { findCiRun } from '../../../defaults/find-ci-run.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { numberRequest, type NumberOptions } from '../../options/number-request.ts';
import { startProgress } from '../../output/progress.ts';
import type { MetadataFlags } from '../../input/read-metadata.ts';
import {
  choice,
  collect,
  collectPair,
  failOnHookOption,
  metricsFileOption,
  sourcePath,
} from '../../options/options.ts';

interface Options extends MetadataFlags, NumberOptions {
  git: boolean;
  entry?: string;
  allowHardLinks?: boolean;
  golden?: string;
  profile?: boolean;
  redact?: string[];
  stage?: string;
  failOnHook?: boolean;
  ifExists: 'reuse' | 'fail' | 'new';
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('register')
    .argument('<name>', 'model name: lower-case words, optionally with / between them')
    .argument('<path>', 'file, or folder with all files of the model')
    .summary('store a model as a new version')
    .description(
      'Stores a model file, or a folder, with its metadata as a new version of NAME. The signature of ONNX files is recorded and decides ' +
        'the next version: changed inputs or outputs (or positions of outputs) are major, a changed graph is minor, changed weights (tensors, coefficients or trees) are patch. Registering the same again returns the existing version. ' +
        'In folders (including those of --data), .git, .DS_Store, __pycache__ and files matched by .mlregignore (gitignore syntax) are skipped.',
    )
    .option('--version <number>', 'version number (default: the next one)')
    .addOption(
      choice('--bump <level>', 'part of the version to increase', [
        'auto',
        'major',
        'minor',
        'patch',
      ]).default(undefined, 'auto'),
    )
    .option(
      '--metadata <file>',
      'JSON file with metrics, params, tags … (- is stdin; see mlreg help metadata)',
    )
    .option('--metric <name=number>', 'metric (repeatable)', collectPair('--metric'))
    .addOption(metricsFileOption())
    .option('--param <name=value>', 'parameter (repeatable)', collectPair('--param'))
    .option('--tag <name=value>', 'tag (repeatable)', collectPair('--tag'))
    .option('-m, --description <text>', 'description of the version')
    .option('--description-file <file>', 'file with the description (- is stdin)')
    .option('--data <[name=]path>', 'data file or folder; only its hash is stored (repeatable)', collect)
    .option('--data-hash <[name=]algo:hex>', 'known hash of data: sha256, md5 or git (repeatable)', collect)
    .option('--data-uri <[name=]uri>', 'URI of data (repeatable)', collect)
    .option(
      '--profile',
      'profile the data of --data, of several the one named train, and store it with the version',
    )
    .option('--redact <column>', 'with --profile: keep no value of this column (repeatable)', collect)
    .option('--parent <ref>', 'version it is derived from (repeatable)', collect)
    .option('--run <url>', 'URL of the training run')
    .option('--no-git', 'do not record the git commit and the CI run')
    .option('--golden <path>', 'golden set for mlreg test: a JSON or .npz file, or ONNX tensors')
    .option('--entry <file>', 'main ONNX file of a folder with several')
    .option(
      '--follow-links',
      'follow symbolic links in folders, wherever they point; files get the names of the links',
    )
    .option('--allow-hard-links', 'allow external data files of an ONNX model that have several hard links')
    .option('--stage <stage>', 'promote to this stage after registering')
    .addOption(failOnHookOption())
    .addOption(
      choice('--if-exists <what>', 'what to do if the same is already registered', [
        'reuse',
        'fail',
        'new',
      ]).default('reuse'),
    )
    .action(
      act(async (session, text: string, given: string, options: Options) => {
        const name = parseModelName(text);
        const path = sourcePath('PATH', given);
        const number = numberRequest(options) ?? { kind: 'auto' };
        const { ifExists } = options;
        if (options.failOnHook === true && options.stage === undefined)
          throw new MlregError('USAGE', '--fail-on-hook requires --stage', {
            hint: 'add --stage STAGE, or omit --fail-on-hook',
          });
        if (options.redact !== undefined && options.profile !== true)
          throw new MlregError('USAGE', '--redact requires --profile', {
            hint: 'add --profile, or omit --redact',
          });
        const stage = options.stage === undefined ? {} : { stage: parseStageName(options.stage) };
        const [
          { registerProfiled, registrationProblem },
          { leftOutText, registerView },
          { readMetadata },
          { warnOfAtSign },
        ] = await Promise.all([
          import('../../../api/verbs/versions/register.ts'),
          import('../../../render/register/register-view.ts'),
          import('../../input/read-metadata.ts'),
          import('../../input/read-description.ts'),
        ]);
        const progress = startProgress(session, 'bytes');
        await session.withRegistry(async (registry) => {
          try {
            const { metadata, hashed, files } = await readMetadata(options, session);
            const { entry, golden, followLinks, allowHardLinks } = options;
            const given: Parameters<typeof registerProfiled>[1] = {
              name,
              path,
              number,
              metadata,
              hashed,
              ifExists,
              ...(followLinks === true ? { followLinks } : {}),
              ...(allowHardLinks === true ? { allowHardLinks } : {}),
              onProgress: progress.update,
              ...stage,
              ...(entry === undefined ? {} : { entry }),
              ...(golden === undefined ? {} : { golden: sourcePath('--golden', golden) }),
              ...(options.git ? { gitFolder: session.cwd, ciRun: findCiRun(session.env) } : {}),
            };
            const result = await registerProfiled(
              registry,
              given,
              options.profile === true ? { files, redact: new Set(options.redact) } : null,
            );
            progress.stop();
            await session.output.show('register', registerView, result, {
              changed:
                result.changed || result.promotion?.changed === true || result.profile?.changed === true,
              notes: result.leftOut.map((one) => `skipped ${leftOutText(one)}`),
              warnings: [
                ...(await warnOfAtSign(options, session.cwd)),
                ...result.warnings,
                ...(result.promotion?.warnings ?? []),
              ],
            });
            const problem = registrationProblem(result, options);
            if (problem !== undefined) session.fail(problem);
          } finally {
            progress.stop();
          }
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      [
        'A model with its metrics, and the hash of its training data:',
        'mlreg register digits model.onnx --metadata metadata.json --data train=train.csv',
      ],
      [
        'With the metrics that an evaluation wrote:',
        'mlreg register digits model.onnx --metrics-file metrics.json',
      ],
      [
        'A non-ONNX file, with metadata from flags:',
        'mlreg register team/churn model.pkl --metric auc=0.93 --tag owner=ada',
      ],
      [
        'With the profile of its training data, for drift:',
        'mlreg register digits model.onnx --data train=train.csv --profile',
      ],
      [
        'With a golden set, promoted to staging:',
        'mlreg register digits model.onnx --golden golden.json --stage staging',
      ],
      ['With an explicit version:', 'mlreg register digits model.onnx --version 2.0.0-rc.1'],
    ],
    output: '--quiet prints the reference, for example digits@1.1.0.',
    exitCodes: {
      0: 'stored, or already registered; that version is printed ("changed": false)',
      2: 'wrong flags, a bad name or value, malformed metadata, model or golden set',
      3: 'no such registry, file, parent or stage',
      4: 'the version exists, the same bytes are yanked, --if-exists fail and it is already registered, or a file changed while it was being read',
      5: 'registered, but not promoted: the gates of --stage did not pass',
      ...registryCodes,
      10: 'with --fail-on-hook: registered and promoted, but the onPromote program failed',
    },
    seeAlso: [
      'promote',
      'show',
      'bench',
      'test',
      'metadata',
      'golden',
      'golden-sets',
      'from-training',
      'references',
    ],
  };
}
