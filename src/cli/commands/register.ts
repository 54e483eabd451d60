import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { parseModelName } from '../../core/model-name.ts';
import { parseStageName } from '../../core/stage.ts';
import { parseVersion } from '../../core/version.ts';
import type { NumberRequest } from '../../storage/metadata-store.ts';
import type { Act } from '../command-module.ts';
import { startProgress } from '../progress.ts';
import type { MetadataFlags } from '../read-metadata.ts';
import { collect, collectPair, namedPath } from '../options.ts';

interface Options extends MetadataFlags {
  version?: string;
  bump?: string;
  git: boolean;
  entry?: string;
  golden?: string;
  stage?: string;
  ifExists: string;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('register <name> <path>')
    .summary('store a model as a new version')
    .description(
      'Stores a model file, or a folder, with its metadata as a new version of NAME. ONNX files are read for their signature, which also ' +
        'decides the next number: other inputs or outputs major, another graph minor, other weights patch. Registering the same again gives the same version.',
    )
    .option('--version <version>', 'this number instead of the next one')
    .option('--bump <level>', 'auto, major, minor or patch (default auto)')
    .option('--metadata <file>', 'a JSON file with metrics, params, tags … (mlreg help metadata)')
    .option('--metric <name=number>', 'a metric; repeatable', collectPair('--metric'))
    .option('--param <name=value>', 'a parameter; repeatable', collectPair('--param'))
    .option('--tag <name=value>', 'a tag; repeatable', collectPair('--tag'))
    .option('-m, --description <text|@file>', 'what the version is')
    .option('--data <[name=]path>', 'a data file or folder, which is hashed, not stored; repeatable', collect)
    .option(
      '--data-hash <[name=]algo:hex>',
      'a hash that is known already: sha256, md5 or git; repeatable',
      collect,
    )
    .option('--data-uri <[name=]uri>', 'where the data is kept; repeatable', collect)
    .option('--parent <ref>', 'a version it was made from; repeatable', collect)
    .option('--run <url>', 'the training run')
    .option('--no-git', 'do not record the git commit')
    .option('--golden <path>', 'inputs with expected outputs, for mlreg test: a JSON file or ONNX tensors')
    .option('--entry <file>', 'the ONNX file of a folder that has several')
    .option('--stage <stage>', 'promote the version there when it is registered')
    .option(
      '--if-exists <what>',
      'where the same was registered before: reuse that version, fail, or make a new one',
      'reuse',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  mlreg register digits model.onnx --metadata metadata.json --data train=train.csv\n  mlreg register team/churn model.pkl --metric auc=0.93 --tag owner=ada\n',
    )
    .action(
      act(async (session, text: string, path: string, options: Options) => {
        const name = parseModelName(text);
        const number = numberRequest(options);
        const ifExists = parseIfExists(options.ifExists);
        const stage = options.stage === undefined ? {} : { stage: parseStageName(options.stage) };
        const [{ register }, { registerView }, { readMetadata }] = await Promise.all([
          import('../../registry/register.ts'),
          import('../../render/register-view.ts'),
          import('../read-metadata.ts'),
        ]);
        const progress = startProgress(session.stderr(), session.options.json !== true, 'bytes');
        await session.withRegistry(async (registry) => {
          try {
            const metadata = await readMetadata(options, session.cwd, session.signal);
            const { entry, golden } = options;
            const result = await register(registry, {
              name,
              path,
              number,
              metadata,
              ifExists,
              onProgress: progress.update,
              ...stage,
              ...(entry === undefined ? {} : { entry }),
              ...(golden === undefined ? {} : { golden: namedPath('--golden', golden) }),
              ...(options.git ? { gitFolder: session.cwd } : {}),
            });
            progress.stop();
            await session.output.show('register', registerView, result, {
              changed: result.changed || result.promotion?.changed === true,
              warnings: result.warnings,
            });
          } finally {
            progress.stop();
          }
        });
      }),
    );
}

function numberRequest({ version, bump }: Options): NumberRequest {
  if (version !== undefined && bump !== undefined) {
    throw new MlregError('USAGE', '--version and --bump exclude each other', { hint: 'give one of them' });
  }
  if (version !== undefined) return { kind: 'exact', version: parseVersion(version) };
  if (bump === undefined || bump === 'auto') return { kind: 'auto' };
  if (bump === 'major' || bump === 'minor' || bump === 'patch') return { kind: 'bump', level: bump };
  throw new MlregError('USAGE', `--bump ${JSON.stringify(bump)} is not known`, {
    hint: 'use auto, major, minor or patch',
  });
}

function parseIfExists(text: string): 'reuse' | 'fail' | 'new' {
  if (text === 'reuse' || text === 'fail' || text === 'new') return text;
  throw new MlregError('USAGE', `--if-exists ${JSON.stringify(text)} is not known`, {
    hint: 'use reuse, fail or new',
  });
}
