import type { Command } from 'commander';
import { parseStageName, parseModelName } from '../../../core/versions/reference.ts';
import { isModelPattern } from '../../../core/versions/model-pattern.ts';
import { parseWhere } from '../../../core/metadata/where.ts';
import type { Act } from '../../command-module.ts';
import { type CommandHelp, registryCodes } from '../../help/command-help.ts';
import { type Pair, collect, collectPair, notTogether, parseCount } from '../../options/options.ts';
import { noteIfCut } from '../../output/output.ts';

interface Options {
  stage?: string;
  tag?: Pair[];
  where?: string[];
  limit?: number;
  page?: string;
  all?: boolean;
}

/** The default limit. */
const usual = 50;
const slice = 500;

export function define(parent: Command, act: Act): Command {
  return parent
    .command('list')
    .argument('[name]', "model whose versions to list; or a pattern of models to list: 'team/*'")
    .summary('list models, or the versions of one')
    .description(
      'Lists the models with their latest version and stages, or the versions of one model, highest first. In a pattern, * is any text within a part of the name, ? one character, and ** any number of parts; quote it, or the shell may expand it. Filters apply to the listed versions; ' +
        'when listing models, to the latest version of each, or with --stage to its holder.',
    )
    .option('--stage <stage>', 'only holders of this stage')
    .option('--tag <name=value>', 'only versions with this tag (repeatable)', collectPair('--tag'))
    .option(
      '--where <condition>',
      'only versions that match: auc>=0.9, params.solver=lbfgs (join with and; repeatable)',
      collect,
    )
    .option('--limit <n>', `maximum number of entries (default ${usual})`, parseCount('--limit', 1, 10_000))
    .option('--page <token>', 'nextPage of the previous page')
    .option('--all', 'list everything, including yanked versions')
    .action(
      act(async (session, text: string | undefined, options: Options) => {
        const { stage, tag, where, limit, page, all } = options;
        const match = text !== undefined && isModelPattern(text) ? { match: text } : {};
        const name = text === undefined || isModelPattern(text) ? undefined : parseModelName(text);
        const part = page !== undefined ? '--page' : limit !== undefined ? '--limit' : undefined;
        if (all === true && part !== undefined) {
          throw notTogether('--all', part);
        }
        const [{ listModels, listVersions }, views] = await Promise.all([
          import('../../../api/verbs/inspect/list.ts'),
          import('../../../render/inspect/list-view.ts'),
        ]);
        const filter = {
          ...(stage === undefined ? {} : { stage: parseStageName(stage) }),
          ...(tag === undefined
            ? {}
            : { tags: Object.fromEntries(tag.map(({ key, value }) => [key, value])) }),
          ...(where === undefined ? {} : { where: where.flatMap(parseWhere) }),
        };
        const query = {
          ...filter,
          limit: all === true ? slice : (limit ?? usual),
          ...(page === undefined ? {} : { page }),
        };
        await session.withRegistry(async (registry) => {
          if (name === undefined) {
            const result = await listModels(registry, { ...query, ...match });
            while (all === true && result.nextPage !== null) {
              const more = await listModels(registry, { ...query, ...match, page: result.nextPage });
              result.models.push(...more.models);
              result.nextPage = more.nextPage;
            }
            await session.output.show('list', views.modelsView, result, {
              notes: [
                ...noteIfCut(limit, result.models.length, result.nextPage),
                ...(result.models.length === 0 && text !== undefined ? [views.noMatch(text)] : []),
              ],
            });
            return;
          }
          const yanked = all === true;
          const result = await listVersions(registry, { name, yanked, ...query });
          while (all === true && result.nextPage !== null) {
            const more = await listVersions(registry, { name, yanked, ...query, page: result.nextPage });
            result.versions.push(...more.versions);
            result.nextPage = more.nextPage;
          }
          await session.output.show('list', views.versionsView, result, {
            notes: [
              ...noteIfCut(limit, result.versions.length, result.nextPage),
              ...views.noteOfYanked(result.yankedHidden),
            ],
          });
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['All models:', 'mlreg list'],
      ['Versions in production:', 'mlreg list --stage production'],
      ['The models of one team:', "mlreg list 'team/*'"],
      ['The five highest versions of a model:', 'mlreg list digits --limit 5'],
      [
        'Versions by metrics, parameters and tags:',
        "mlreg list digits --where 'accuracy>=0.97 and params.solver=adam' --tag team=vision",
      ],
    ],
    output: '--quiet prints the names, or the references.',
    exitCodes: { 3: 'no such registry, model or stage', ...registryCodes },
    seeAlso: ['show', 'compare', 'history'],
  };
}
