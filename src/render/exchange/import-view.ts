import type { Json } from '../../api/verb.ts';
import type { importVerb } from '../../api/verbs/import.ts';
import type { ImportResult } from '../../registry/exchange/import.ts';
import { viewOf } from '../view.ts';
import { counted } from '../format.ts';

const mostNamed = 20;
const tools: Record<string, string> = {
  modelpack: 'a ModelPack artifact',
  kitops: 'a KitOps ModelKit',
  oci: 'an OCI artifact',
};

export const importView = viewOf<ImportResult, Json<typeof importVerb>>()({
  json: ({ versions }) => ({ versions }),
  text: ({ changed, versions }, { color }) => {
    const count = (all: readonly unknown[]): string => counted(all.length, 'version');
    const fresh = versions.filter((version) => version.changed);
    const present = versions.length - fresh.length;
    const head = changed
      ? `imported ${color.bold(count(fresh))}${present > 0 ? `; ${present} already existed` : ''}`
      : `${versions.length === 1 ? 'the version already exists' : `all ${versions.length} versions already exist`}; nothing changed`;
    const lines = versions
      .slice(0, mostNamed)
      .map(
        (version) =>
          `  ${color.bold(version.ref)}  ${version.digest}${version.changed ? '' : '  already exists'}`,
      );
    const more = versions.length - lines.length;
    const from = versions.flatMap(({ source }) =>
      source === null ? [] : [`  from ${tools[source.system] ?? source.system}  ${source.manifest}`],
    );
    return [
      `${color.green('✓')} ${head}`,
      ...lines,
      ...from,
      ...(more > 0 ? [`  and ${more} more`] : []),
    ].join('\n');
  },
  plain: ({ versions }) =>
    versions.map(({ ref, digest, changed }) => [ref, digest, changed ? 'imported' : 'unchanged']),
  quiet: ({ versions }) => versions.map(({ ref }) => ref),
});
