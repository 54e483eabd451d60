import { escapeText } from '../core/quote.ts';
import { shortDigest } from '../core/digest.ts';
import type { ModelList, VersionList } from '../registry/list.ts';
import { bytes, isoTime, pairs, relativeTime } from './format.ts';
import { table } from './table.ts';
import type { View } from './view.ts';

export const modelsView: View<ModelList> = {
  json: ({ models, nextPage }) => ({
    models: models.map(({ name, versions, latest, stages }) => ({
      name,
      versions,
      latest,
      stages: Object.fromEntries(stages.map(({ stage, version }) => [stage, version])),
    })),
    nextPage,
  }),
  text: ({ models, nextPage }, style) => {
    if (models.length === 0) return 'no models yet: mlreg register NAME PATH';
    const rows = models.map(({ name, versions, latest, stages }) => [
      style.color.bold(escapeText(name)),
      latest ?? style.color.dim('none'),
      stages.map(({ stage, version }) => `${escapeText(stage)} ${version}`).join(', '),
      String(versions),
    ]);
    return (
      table(style, ['model', 'latest', 'stages', 'versions'], rows, [3], 2) +
      more('mlreg list', nextPage, style.color.dim)
    );
  },
  plain: ({ models }) =>
    models.map(({ name, versions, latest, stages }) => [
      name,
      latest,
      versions,
      stages.map(({ stage, version }) => `${stage}=${version}`).join(','),
    ]),
  quiet: ({ models }) => models.map(({ name }) => name),
};

export const versionsView: View<VersionList> = {
  json: ({ name, versions, nextPage }) => ({
    name,
    versions: versions.map((version) => ({ ...version, createdAt: isoTime(version.createdAt) })),
    nextPage,
  }),
  text: ({ name, versions, nextPage }, style) => {
    if (versions.length === 0)
      return `${escapeText(name)} has no versions to list (mlreg list ${escapeText(name)} --all shows yanked ones)`;
    const rows = versions.map(({ version, digest, size, createdAt, stages, yanked, metrics }) => [
      style.color.bold(version),
      [
        ...stages.map((stage) => style.color.green(escapeText(stage))),
        ...(yanked ? [style.color.red('yanked')] : []),
      ].join(', '),
      pairs(metrics, 3),
      bytes(size),
      relativeTime(createdAt, style.now),
      style.color.dim(shortDigest(digest)),
    ]);
    return (
      table(style, ['version', 'stages', 'metrics', 'size', 'registered', 'digest'], rows, [3], 2) +
      more(`mlreg list ${name}`, nextPage, style.color.dim)
    );
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
};

function more(command: string, nextPage: string | null, dim: (text: string) => string): string {
  return nextPage === null ? '' : `\n${dim(`more: ${command} --page '${nextPage}'`)}`;
}
