import type { Command } from 'commander';
import { MlregError } from '../../../core/errors.ts';
import { parseReference, type ModelName } from '../../../core/versions/reference.ts';
import type { Act } from '../../command-module.ts';
import type { Session } from '../../context.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('delete')
    .argument('<ref>', 'version, by number, digest or stage: digits@1.1.0; or a model: digits')
    .summary('delete a version, or a model with all its versions')
    .description(
      'Deletes a version: it is no longer listed and cannot be restored. Its number is not reused, and its history is kept. ' +
        'A version that holds a stage cannot be deleted. To only stop its use, yank it. A name without a version means the model: all its ' +
        'versions are deleted, or none if one of them holds a stage. Without --yes, it says what would be deleted. A model that is registered ' +
        'again under the name continues its numbers. A model cannot be renamed: register its files under the new name (see mlreg help tasks).',
    )
    .option('--yes', 'delete it; without --yes nothing is changed')
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, text: string, { yes, message }: { yes?: boolean; message?: string }) => {
        const { name: model, selector } = parseReference(text);
        if (selector === undefined) return deleteWhole(session, model, { yes, message });
        const ref = { name: model, selector };
        const [{ deleteVersion }, { requireOne }, { resolve }, { deleteView }] = await Promise.all([
          import('../../../api/verbs/versions/delete.ts'),
          import('../../../registry/resolve.ts'),
          import('../../../registry/resolve.ts'),
          import('../../../render/versions/delete-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          requireOne(ref, 'delete');
          if (yes !== true) {
            const { name, version } = await resolve(registry, ref);
            throw new MlregError(
              'USAGE',
              `this would permanently delete ${name}@${version}; nothing was changed`,
              {
                hint: `mlreg delete ${name}@${version} --yes  (or mlreg yank ${name}@${version} -m WHY, which can be undone)`,
              },
            );
          }
          const result = await deleteVersion(registry, {
            ref,
            ...(message === undefined ? {} : { message }),
          });
          const { changed, warnings } = result;
          await session.output.show('delete', deleteView, result, { changed, warnings });
        });
      }),
    );
}

async function deleteWhole(
  session: Session,
  name: ModelName,
  { yes, message }: { yes: boolean | undefined; message: string | undefined },
): Promise<void> {
  const [{ deleteModel, wouldDelete }, { deleteModelView }] = await Promise.all([
    import('../../../api/verbs/versions/delete.ts'),
    import('../../../render/versions/delete-view.ts'),
  ]);
  await session.withRegistry(async (registry) => {
    if (yes !== true) throw await wouldDelete(registry, name);
    const result = await deleteModel(registry, { name, message });
    const { changed, warnings } = result;
    await session.output.show('delete', deleteModelView, result, { changed, warnings });
  });
}

export function help(): CommandHelp {
  return {
    examples: [
      [
        'Delete a version that was registered by mistake:',
        'mlreg delete digits@1.0.0 --yes -m "registered by mistake"',
      ],
      [
        'Empty the stages of a model, and delete it with all its versions:',
        'mlreg demote digits --stage production --quiet &&\n  mlreg demote digits --stage staging --quiet &&\n  mlreg delete digits --yes -m "replaced by letters"',
      ],
    ],
    output: '--quiet prints the references of what was deleted.',
    exitCodes: {
      2: '--yes is missing, or a range was given: nothing was changed',
      3: 'no such registry, model or version, or already deleted',
      4: 'the version, or one of the model, holds a stage: nothing was changed',
      ...registryCodes,
    },
    seeAlso: ['yank', 'demote', 'history'],
  };
}
