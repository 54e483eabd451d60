import type { Json } from '../../api/verb.ts';
import type { importVerb } from '../../api/verbs/exchange/import.ts';
import type { ImportResult } from '../../registry/exchange/import.ts';
import { escapeText, quote } from '../../core/text/quote.ts';
import { viewOf } from '../view.ts';
import { counted } from '../format.ts';

const mostNamed = 20;
const tools: Record<string, string> = {
  modelpack: 'a ModelPack artifact',
  kitops: 'a KitOps ModelKit',
  oci: 'an OCI artifact',
};

export const importView = viewOf<ImportResult, Json<typeof importVerb>>()({
  json: ({ versions, kept }) => ({ versions, kept }),
  text: ({ changed, versions, kept }, { color }) => {
    const count = (all: readonly unknown[]): string => counted(all.length, 'version');
    const fresh = versions.filter((version) => version.changed && !version.updated);
    const updated = versions.filter((version) => version.updated);
    const present = versions.length - fresh.length - updated.length;
    const did = [
      ...(fresh.length > 0 ? [`imported ${color.bold(count(fresh))}`] : []),
      ...(updated.length > 0 ? [`applied what is new to ${color.bold(count(updated))}`] : []),
      ...(present > 0 ? [`${present} already existed`] : []),
    ];
    const head = changed
      ? did.join('; ')
      : `${versions.length === 1 ? 'the version already exists' : `all ${versions.length} versions already exist`}; nothing changed`;
    const lines = versions
      .slice(0, mostNamed)
      .map(
        (version) =>
          `  ${color.bold(version.ref)}  ${version.digest}${version.updated ? '  updated' : version.changed ? '' : '  already exists'}`,
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
      ...kept.map((fact) => `  kept ${keptText(fact)}`),
    ].join('\n');
  },
  plain: ({ versions }) =>
    versions.map(({ ref, digest, changed, updated }) => [
      ref,
      digest,
      updated ? 'updated' : changed ? 'imported' : 'unchanged',
    ]),
  quiet: ({ versions }) => versions.map(({ ref }) => ref),
});

/** `digits@1.0.0 tag owner: "bob" here, "ada" in the import` */
export function keptText({ ref, kind, name, here, there }: ImportResult['kept'][number]): string {
  const said = (value: string | number | null): string =>
    value === null ? 'none' : typeof value === 'string' ? quote(value) : String(value);
  const what = name === null ? kind : `${kind} ${escapeText(name)}`;
  return `${ref} ${what}: ${said(here)} here, ${said(there)} in the import`;
}
