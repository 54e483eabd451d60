import type { Command } from 'commander';
import { resolve } from 'node:path';
import { parseModelName } from '../../../core/versions/reference.ts';
import { MlregError } from '../../../core/errors.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { numberRequest, type NumberOptions } from '../../options/number-request.ts';
import { choice, sourcePath } from '../../options/options.ts';
import { startProgress } from '../../output/progress.ts';

interface Options extends NumberOptions {
  name?: string;
  select?: string;
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('import')
    .argument('<path>', 'OCI image layout: a folder or .tar file', (path) => sourcePath('PATH', path))
    .summary('import versions from another registry, or a model from another tool')
    .description(
      'Imports all versions of an export, or none, with their names, numbers, digests, metadata, golden sets, tags, ' +
        'yanks and history. A version that exists gets the events that are new since, such as tags, metrics, yanks and golden sets; a fact ' +
        'that was changed here since stays, and is listed. Stages are not imported: promote the versions in this registry. ' +
        'Nor are the description and owner of a model itself: set them with mlreg describe NAME. ' +
        'A model that another tool wrote (ModelPack, KitOps, oras push) is registered as a new version, with what its manifest ' +
        'says: name, version, description, framework, license, authors. Data sets are not stored, only their hashes. ' +
        'Archives in it must hold files and folders only, without links.',
    )
    .option('--name <name>', "other tools: the model's name (default: what the artifact says)")
    .option(
      '--version <number>',
      'other tools: version number (default: what artifact or tag says, else the next)',
    )
    .addOption(
      choice('--bump <level>', 'other tools: part of the version to increase instead', [
        'auto',
        'major',
        'minor',
        'patch',
      ]),
    )
    .option('--select <artifact>', 'other tools: which one, if there are several: its name, tag or digest')
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, path: string, { message, name, select, ...options }: Options) => {
        const number = numberRequest(options);
        if (select?.trim() === '')
          throw new MlregError('USAGE', '--select is empty', {
            hint: 'pass a name, tag or digest: --select NAME (is a shell variable unset?)',
          });
        const [{ importVersions }, { importView, keptText }] = await Promise.all([
          import('../../../api/verbs/exchange/import.ts'),
          import('../../../render/exchange/import-view.ts'),
        ]);
        const progress = startProgress(session, 'bytes');
        await session.withRegistry(async (registry) => {
          try {
            const result = await importVersions(registry, {
              path: resolve(session.cwd, path),
              ...(name === undefined ? {} : { name: parseModelName(name) }),
              ...(number === undefined ? {} : { number }),
              ...(select === undefined ? {} : { select }),
              ...(message === undefined ? {} : { message }),
              onProgress: progress.update,
            });
            progress.stop();
            const { changed, warnings, kept } = result;
            const notes = kept.map((fact) => `kept ${keptText(fact)}`);
            await session.output.show('import', importView, result, { changed, warnings, notes });
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
      ['Import a file:', 'mlreg import digits.tar'],
      ['Import a folder, with a reason:', 'mlreg import digits-layout -m "from the training cluster"'],
      [
        'Import the model that oras push wrote to a layout, under a name:',
        'mlreg import pushed --name team/digits --select 2.1.0',
      ],
    ],
    output: '--quiet prints the references.',
    exitCodes: {
      0: 'imported, or all versions already exist ("changed": false)',
      2: 'no layout, no model in it, several and no --select, or truncated or invalid: nothing was imported',
      3: 'no such registry or file',
      4: 'a version number is already used by another version, or a version would get too many golden sets: nothing was imported',
      ...registryCodes,
      6: 'bytes of the layout are missing or corrupt: nothing was imported',
    },
    seeAlso: ['export', 'register', 'history', 'verify', 'other-tools'],
  };
}
