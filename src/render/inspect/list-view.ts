import type { Json } from '../../api/verb.ts';
import type { listModelsVerb, listVersionsVerb } from '../../api/verbs/inspect/list.ts';
import { escapeLines, escapeText, quote } from '../../core/text/quote.ts';
import type { ModelFacts } from '../../core/versions/model-facts.ts';
import type { ModelList, VersionList } from '../../registry/inspect/list.ts';
import { facts, isoTime } from '../format.ts';
import { modelsTable, versionsTable } from './list-tables.ts';
import { viewOf, type Style } from '../view.ts';

export const modelsView = viewOf<ModelList, Json<typeof listModelsVerb>>()({
  json: ({ models, nextPage }) => ({
    models: models.map(({ name, versions, latest, stages, description, owner }) => ({
      name,
      versions,
      latest,
      stages: Object.fromEntries(stages.map(({ stage, version }) => [stage, version])),
      description,
      owner,
    })),
    nextPage,
  }),
  text: ({ models, stages, filtered, pattern, nextPage }, style) => {
    if (models.length === 0 && pattern !== undefined) return noMatch(pattern);
    if (models.length === 0) return filtered ? 'no model matches' : 'no models yet: mlreg register NAME PATH';
    return modelsTable(models, stages, style) + more(nextPage, style.color.dim);
  },
  plain: ({ models }) =>
    models.map(({ name, versions, latest, stages }) => [
      name,
      latest,
      versions,
      stages.map(({ stage, version }) => `${stage}=${version}`).join(','),
    ]),
  quiet: ({ models }) => models.map(({ name }) => name),
});

export const versionsView = viewOf<VersionList, Json<typeof listVersionsVerb>>()({
  json: ({ name, description, owner, versions, yankedHidden, nextPage }) => ({
    name,
    description,
    owner,
    versions: versions.map((version) => ({ ...version, createdAt: isoTime(version.createdAt) })),
    yankedHidden,
    nextPage,
  }),
  text: ({ name, holders, versions, yankedHidden, filtered, nextPage, ...about }, style) => {
    const hidden = noteOfYanked(yankedHidden).map((note) => `\n${style.color.dim(note)}`);
    if (versions.length === 0 && filtered)
      return `no version of ${escapeText(name)} matches${hidden.join('')}`;
    if (versions.length === 0)
      return yankedHidden === 0
        ? `all versions of ${escapeText(name)} were deleted (mlreg history ${escapeText(name)} shows when and why)`
        : `all versions of ${escapeText(name)} are yanked (mlreg list ${escapeText(name)} --all shows them)`;
    const listed =
      versionsTable(versions, holders, style) + more(nextPage, style.color.dim) + hidden.join('');
    return [...aboutModel(about, style), listed].join('\n\n');
  },
  plain: ({ versions }) =>
    versions.map(({ version, digest, size, createdAt, stages, yanked, metrics }) => [
      version,
      digest,
      size,
      isoTime(createdAt),
      stages.join(','),
      yanked ? 'yanked' : '',
      Object.entries(metrics)
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
    ]),
  quiet: ({ name, versions }) => versions.map(({ version }) => `${name}@${version}`),
});

/** The description and the owner above the versions, if they are known. */
function aboutModel({ description, owner }: ModelFacts, { color, width }: Style): string[] {
  if (description === null && owner === null) return [];
  return [
    facts(
      [
        ['description', description === null ? undefined : escapeLines(description)],
        ['owner', owner === null ? undefined : escapeText(owner)],
      ],
      color.dim,
      width,
    ),
  ];
}

/** For a page that leaves out yanked versions; for others nothing. */
export function noteOfYanked(hidden: number): string[] {
  if (hidden === 0) return [];
  const count = hidden >= 1000 ? '1000 or more' : String(hidden);
  return [`${count} yanked ${hidden === 1 ? 'version is' : 'versions are'} not shown: --all`];
}

export function noMatch(pattern: string): string {
  return `no model matches ${quote(pattern)}`;
}

function more(nextPage: string | null, dim: (text: string) => string): string {
  return nextPage === null ? '' : `\n${dim(`more: repeat with --page '${nextPage}'`)}`;
}
