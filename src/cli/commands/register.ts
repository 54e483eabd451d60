import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { parseModelName } from '../../core/model-name.ts';
import { parseStageName } from '../../core/stage.ts';
import { parseVersion } from '../../core/version.ts';
import { findCiRun } from '../../defaults/find-ci-run.ts';
import type { NumberRequest } from '../../storage/metadata-store.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { startProgress } from '../progress.ts';
import type { MetadataFlags } from '../read-metadata.ts';
import { choice, collect, collectPair, failOnHookOption, namedPath } from '../options.ts';

interface Options extends MetadataFlags {
  version?: string;
  bump?: 'auto' | 'major' | 'minor' | 'patch';
  git: boolean;
  entry?: string;
  allowHardLinks?: boolean;
  golden?: string;
  stage?: string;
  failOnHook?: boolean;
  ifExists: 'reuse' | 'fail' | 'new';
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('register')
    .argument('<name>', 'the model: lower-case words, with / between them if need be')
    .argument('<path>', 'a file, or a folder with all that the model needs')
    .summary('store a model as a new version')
    .description(
      'Stores a model file, or a folder, with its metadata as a new version of NAME. ONNX files are read for their signature, which also ' +
        'decides the next number: other inputs or outputs (or outputs in other places) major, another graph minor, other weights patch, be they tensors, coefficients or trees. Registering the same again gives the same version. ' +
        'Of a folder, .git, .DS_Store, __pycache__ and what its .mlregignore names, in the syntax of .gitignore, stay out, of --data as well.',
    )
    .option('--version <number>', 'this number instead of the next one')
    .addOption(
      choice('--bump <level>', 'how the next number follows', ['auto', 'major', 'minor', 'patch']).default(
        undefined,
        'auto',
      ),
    )
    .option('--metadata <file>', 'a JSON file with metrics, params, tags … (mlreg help metadata)')
    .option('--metric <name=number>', 'a metric; repeatable', collectPair('--metric'))
    .option('--param <name=value>', 'a parameter; repeatable', collectPair('--param'))
    .option('--tag <name=value>', 'a tag; repeatable', collectPair('--tag'))
    .option('-m, --description <text>', 'what the version is')
    .option('--description-file <file>', 'the file that says what the version is')
    .option('--data <[name=]path>', 'a data file or folder, which is hashed, not stored; repeatable', collect)
    .option(
      '--data-hash <[name=]algo:hex>',
      'a hash that is known already: sha256, md5 or git; repeatable',
      collect,
    )
    .option('--data-uri <[name=]uri>', 'where the data is kept; repeatable', collect)
    .option('--parent <ref>', 'a version it was made from; repeatable', collect)
    .option('--run <url>', 'the training run')
    .option('--no-git', 'do not record the git commit and the CI run')
    .option('--golden <path>', 'inputs with expected outputs, for mlreg test: a JSON file or ONNX tensors')
    .option('--entry <file>', 'the ONNX file of a folder that has several')
    .option(
      '--follow-links',
      'take what symbolic links in folders point to, wherever it is, under the names of the links',
    )
    .option('--allow-hard-links', 'take external data of an ONNX model also where the file has other names')
    .option('--stage <stage>', 'promote the version there when it is registered')
    .addOption(failOnHookOption())
    .addOption(
      choice('--if-exists <what>', 'where the same was registered before', ['reuse', 'fail', 'new']).default(
        'reuse',
      ),
    )
    .action(
      act(async (session, text: string, given: string, options: Options) => {
        const name = parseModelName(text);
        const path = namedPath('PATH', given);
        const number = numberRequest(options);
        const { ifExists } = options;
        if (options.failOnHook === true && options.stage === undefined)
          throw new MlregError('USAGE', '--fail-on-hook is about the promotion of --stage', {
            hint: 'name a stage, or leave it out',
          });
        const stage = options.stage === undefined ? {} : { stage: parseStageName(options.stage) };
        const [
          { promotionObjection, register },
          { hookObjection },
          { leftOutText, registerView },
          { readMetadata },
          { warnOfAtSign },
        ] = await Promise.all([
          import('../../registry/register.ts'),
          import('../../registry/run-hook.ts'),
          import('../../render/register-view.ts'),
          import('../read-metadata.ts'),
          import('../read-description.ts'),
        ]);
        const progress = startProgress(session.stderr(), session.options.json !== true, 'bytes');
        await session.withRegistry(async (registry) => {
          try {
            const { metadata, hashed } = await readMetadata(options, session.cwd, session.signal);
            const { entry, golden, followLinks, allowHardLinks } = options;
            const result = await register(registry, {
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
              ...(golden === undefined ? {} : { golden: namedPath('--golden', golden) }),
              ...(options.git ? { gitFolder: session.cwd, ciRun: findCiRun(session.env) } : {}),
            });
            progress.stop();
            await session.output.show('register', registerView, result, {
              changed: result.changed || result.promotion?.changed === true,
              notes: result.leftOut.map((one) => `left out: ${leftOutText(one)}`),
              warnings: [
                ...(await warnOfAtSign(options, session.cwd)),
                ...result.warnings,
                ...(result.promotion?.warnings ?? []),
              ],
            });
            const { promotion } = result;
            const problem =
              promotionObjection(result) ??
              (options.failOnHook === true && promotion !== undefined ? hookObjection(promotion) : undefined);
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
        'A model with its metrics, and the hash of what it was trained on:',
        'mlreg register digits model.onnx --metadata metadata.json --data train=train.csv',
      ],
      [
        'A file that is not ONNX, all told by flags:',
        'mlreg register team/churn model.pkl --metric auc=0.93 --tag owner=ada',
      ],
      [
        'Tested against golden outputs, and straight into staging:',
        'mlreg register digits model.onnx --golden golden.json --stage staging',
      ],
      ['With a number of your own:', 'mlreg register digits model.onnx --version 2.0.0-rc.1'],
    ],
    output:
      'JSON: ref, version, digest, changed, bump, bumpReason, previous, signature, golden, files[], data[], leftOut[], promotion (with --stage). --quiet prints the reference, such as digits@1.1.0.',
    exitCodes: {
      0: 'stored; or registered before, and that version is named ("changed": false)',
      2: 'wrong flags, a bad name or value, malformed metadata, model or golden set',
      3: 'no such registry, file, parent or stage',
      4: 'the number is taken, the same bytes were yanked, --if-exists fail met the same again, or a file changed while it was read: let its writer finish',
      5: 'registered, but the policy of --stage does not let it through',
      ...registryCodes,
      10: 'with --fail-on-hook: registered and promoted, and a program that the policy runs after it failed',
    },
    seeAlso: ['promote', 'show', 'bench', 'test', 'metadata', 'golden', 'references'],
  };
}

function numberRequest({ version, bump }: Options): NumberRequest {
  if (version !== undefined && bump !== undefined) {
    throw new MlregError('USAGE', '--version and --bump exclude each other', { hint: 'give one of them' });
  }
  if (version !== undefined) return { kind: 'exact', version: parseVersion(version) };
  return bump === undefined || bump === 'auto' ? { kind: 'auto' } : { kind: 'bump', level: bump };
}
