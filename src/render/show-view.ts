import { escapeLines, escapeText } from '../core/quote.ts';
import type { ShowResult } from '../registry/show.ts';
import { bytes, facts, isoTime, number, pairs, relativeTime, valueInfo } from './format.ts';
import { jsonText } from './json-text.ts';
import type { Style, View } from './view.ts';

/** JSON is always complete; `files` and `metadata` choose what people see. */
export function showView(choice: { files: boolean; metadata: boolean }): View<ShowResult> {
  return {
    json: ({ ref, record, metadata, stages, benches, children }) => ({
      ref,
      name: record.name,
      version: record.version,
      digest: record.artifact.digest,
      size: record.artifact.size,
      format: record.format,
      entry: record.entry,
      stages,
      yanked:
        record.yanked === null
          ? false
          : {
              ...record.yanked,
              at: isoTime(record.yanked.at),
            },
      tags: record.tags,
      metadata,
      amended: record.amended,
      golden: record.golden && { digest: record.golden.digest, files: record.golden.files },
      signature: record.onnx?.signature ?? null,
      onnx: record.onnx,
      files: record.artifact.files,
      source: record.source,
      bump: record.bump,
      bumpReason: record.bumpReason,
      previous: record.previous,
      createdAt: isoTime(record.createdAt),
      actor: record.actor,
      benches: benches.map(({ id, at, status, fingerprint, result }) => ({
        id,
        at: isoTime(at),
        status,
        fingerprint,
        ...result,
      })),
      evaluations: [],
      gates: [],
      parents: record.parents,
      children,
    }),
    text: (result, style) => {
      const { record } = result;
      if (choice.metadata) return jsonText(record.metadata, 2);
      const page = describe(result, style);
      const title = `${style.color.bold(result.ref)}${record.yanked === null ? '' : `  ${style.color.red('yanked')}`}`;
      const files = record.artifact.files.map(
        ({ path, size, digest }) => `  ${escapeText(path)}  ${bytes(size)}  ${style.color.dim(digest)}`,
      );
      return [title, page, ...(choice.files ? files : [])].join('\n');
    },
    plain: (result) => {
      if (choice.metadata) return [[jsonText(result.record.metadata)]];
      if (choice.files)
        return result.record.artifact.files.map(({ path, size, digest }) => [path, size, digest]);
      return plainRows(result);
    },
    quiet: ({ ref }) => [ref],
  };
}

function describe(
  { record, metadata, stages, benches, children }: ShowResult,
  { color, now, width }: Style,
): string {
  const { onnx, artifact, yanked } = record;
  const p50 = (benches[0]?.result as { latencyMs?: { p50?: { value: number } } } | undefined)?.latencyMs?.p50
    ?.value;
  return facts(
    [
      [
        'yanked',
        yanked === null
          ? undefined
          : `${escapeText(yanked.reason)} (${escapeText(yanked.actor)}, ${relativeTime(yanked.at, now)})`,
      ],
      ['stages', stages.map(escapeText).join(', ')],
      ['description', metadata.description === undefined ? undefined : escapeLines(metadata.description)],
      ['inputs', onnx?.signature.inputs.map(valueInfo).join('\n')],
      ['outputs', onnx?.signature.outputs.map(valueInfo).join('\n')],
      ['metrics', pairs(metadata.metrics ?? {}, 12)],
      ['params', pairs(metadata.params ?? {}, 12, String)],
      ['tags', pairs(record.tags, 12)],
      [
        'data',
        (metadata.data ?? [])
          .map(({ name, hash, uri }) => `${escapeText(name)}  ${escapeText(hash ?? uri ?? '')}`)
          .join('\n'),
      ],
      [
        'model',
        onnx === null
          ? undefined
          : `ONNX opset ${onnx.opsets.map(({ domain, version }) => `${escapeText(domain)} ${version}`).join(', ')}; ${onnx.nodeCount} nodes, ${onnx.parameterCount.toLocaleString('en')} parameters`,
      ],
      ['framework', metadata.framework === undefined ? undefined : escapeText(metadata.framework)],
      ['source', record.source === null ? undefined : pairs(record.source)],
      ['run', metadata.run === undefined ? undefined : escapeText(metadata.run)],
      ['parents', record.parents.join(', ')],
      ['children', children.join(', ')],
      [
        'bench',
        p50 === undefined
          ? undefined
          : `p50 ${number(p50, 3)} ms ${relativeTime(benches[0]?.at ?? now, now)}`,
      ],
      ['bump', `${record.bump}: ${escapeText(record.bumpReason)}`],
      ['digest', artifact.digest],
      [
        'size',
        `${bytes(artifact.size)} in ${artifact.files.length === 1 ? escapeText(artifact.files[0]?.path ?? '') : `${artifact.files.length} files`}`,
      ],
      ['registered', `${relativeTime(record.createdAt, now)} by ${escapeText(record.actor)}`],
    ],
    color.dim,
    width,
  );
}

function plainRows({ ref, record, metadata, stages, children }: ShowResult): (string | number | null)[][] {
  const { artifact, onnx } = record;
  return [
    ['ref', ref],
    ['digest', artifact.digest],
    ['size', artifact.size],
    ['format', record.format],
    ['stages', stages.join(',')],
    ['yanked', record.yanked?.reason ?? ''],
    ['created', isoTime(record.createdAt)],
    ['actor', record.actor],
    ...(onnx?.signature.inputs ?? []).map((input) => ['input', valueInfo(input)]),
    ...(onnx?.signature.outputs ?? []).map((output) => ['output', valueInfo(output)]),
    ...Object.entries(metadata.metrics ?? {}).map(([key, value]) => ['metric', key, value]),
    ...Object.entries(metadata.params ?? {}).map(([key, value]) => ['param', key, String(value)]),
    ...Object.entries(record.tags).map(([key, value]) => ['tag', key, value]),
    ...(metadata.data ?? []).map(({ name, hash, uri }) => ['data', name, hash ?? '', uri ?? '']),
    ...record.parents.map((parent) => ['parent', parent]),
    ...children.map((child) => ['child', child]),
  ];
}
