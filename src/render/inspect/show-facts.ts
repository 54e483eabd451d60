import { escapeLines, escapeText } from '../../core/text/quote.ts';
import { describeAmendment, type MetricAmendment } from '../../core/versions/amendments.ts';
import { goldenSetsOf } from '../../core/versions/golden-sets.ts';
import type { OnnxModel } from '../../core/versions/onnx-model.ts';
import { sourceFacts, type Source } from '../../core/versions/source.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import type { ShowResult } from '../../registry/inspect/show.ts';
import { bytes, counted, facts, pairs, relativeTime, shortHash } from '../format.ts';
import type { Style } from '../view.ts';

const mostOperators = 5;
/** From this terminal width on, hashes of data fit beside their names. */
const wholeHashes = 110;
const mostTags = 12;
const mostFiles = 6;
const mostFacts = 8;

/** Where a version comes from, what it is made of, and what belongs to it. */
export function showFacts(
  { record, model, amendments, children }: ShowResult,
  { color, now, width }: Style,
): string {
  const { metadata, onnx, artifact, source, format } = record;
  return facts(
    [
      ['owner', model.owner === null ? undefined : escapeText(model.owner)],
      ['about the model', model.description === null ? undefined : escapeLines(model.description)],
      ['tags', pairs(record.tags, mostTags)],
      ['data', dataText(record, width)],
      [goldenSetsOf(record).length > 1 ? 'golden sets' : 'golden set', goldenText(record, now)],
      ['model', onnx === null ? escapeText(format) : modelText(onnx)],
      ['operators', onnx === null ? undefined : operatorsText(onnx)],
      ['framework', metadata.framework === undefined ? undefined : escapeText(metadata.framework)],
      ['source', source === null ? undefined : sourceText(source)],
      ['run', metadata.run === undefined ? undefined : escapeText(metadata.run)],
      ['previous', record.previous ?? undefined],
      ['parents', record.parents.map(escapeText).join(', ')],
      ['children', children.map(escapeText).join(', ')],
      ['bump', `${record.bump}: ${escapeText(record.bumpReason)}`],
      ['amended', amendedText(record, amendments)],
      ['digest', artifact.digest],
      ['size', sizeText(record)],
      ['registered', `${relativeTime(record.createdAt, now)} by ${escapeText(record.actor)}`],
      ['imported', importedText(record, now)],
    ],
    color.dim,
    width,
  );
}

function dataText({ metadata }: VersionRecord, width: number): string {
  return (metadata.data ?? [])
    .map(({ name, hash, uri, size }) => {
      const known = hash !== undefined && width < wholeHashes ? shortHash(hash) : hash;
      const place = [known, uri].filter((text) => text !== undefined).map(escapeText);
      return [escapeText(name), ...place, ...(size === undefined ? [] : [`(${bytes(size)})`])].join('  ');
    })
    .join('\n');
}

function modelText({ opsets, nodeCount, parameterCount, producer }: OnnxModel): string {
  const opset = opsets.map(({ domain, version }) => `${escapeText(domain)} ${version}`).join(', ');
  const by = producer.name === '' ? '' : `, by ${escapeText(`${producer.name} ${producer.version}`.trim())}`;
  return `ONNX opset ${opset}; ${counted(nodeCount, 'node')}, ${counted(parameterCount, 'parameter')}${by}`;
}

function goldenText(record: VersionRecord, now: number): string {
  return goldenSetsOf(record)
    .map(({ artifact, source, self, at, actor }) => {
      const { files, size, digest } = artifact;
      const how = self ? 'made from its own outputs' : source;
      const added =
        source === 'registered' ? '' : `  ${how} ${relativeTime(at, now)} by ${escapeText(actor)}`;
      return `${counted(files.length, 'file')}, ${bytes(size)}  ${shortHash(digest)}${added}`;
    })
    .join('\n');
}

/** What `describe` changed since the registration. */
function amendedText({ amended }: VersionRecord, amendments: MetricAmendment[]): string {
  const metrics = amendments.map((one) => `${escapeText(one.metric)}: ${escapeText(describeAmendment(one))}`);
  return [...(amended?.description === undefined ? [] : ['the description']), ...metrics].join('\n');
}

function importedText({ imported }: VersionRecord, now: number): string | undefined {
  if (imported === null) return undefined;
  const { at, actor, registry } = imported;
  return `${relativeTime(at, now)} by ${escapeText(actor)}, from registry ${escapeText(registry)}`;
}

/** The most frequent operators: `Gemm ×3, Relu ×2, Softmax`. */
function operatorsText({ operators }: OnnxModel): string {
  const byCount = Object.entries(operators).toSorted(([, a], [, b]) => b - a);
  const first = byCount
    .slice(0, mostOperators)
    .map(([name, count]) => `${escapeText(name)}${count === 1 ? '' : ` ×${count.toLocaleString('en')}`}`);
  const more = byCount.length - first.length;
  return [...first, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** `commit 1a2b3c4d5e6f (with uncommitted changes) on main`, then the other facts of the source. */
function sourceText(source: Source): string {
  const { commit, dirty, branch, ...rest } = sourceFacts(source);
  const parts = [
    ...(typeof commit === 'string' ? [`commit ${escapeText(shortCommit(commit))}`] : []),
    ...(dirty === true ? ['(with uncommitted changes)'] : []),
    ...(dirty === null ? ['(possibly with uncommitted changes)'] : []),
    ...(typeof branch === 'string' && branch !== '' ? [`on ${escapeText(branch)}`] : []),
    ...(Object.keys(rest).length > 0 ? [pairs(rest, mostFacts)] : []),
  ];
  return parts.join(' ');
}

function shortCommit(commit: string): string {
  return /^[0-9a-f]{40,64}$/.test(commit) ? commit.slice(0, 12) : commit;
}

function sizeText({ artifact, entry }: VersionRecord): string {
  const { files, size } = artifact;
  if (files.length === 1) return `${bytes(size)} in ${escapeText(files[0]?.path ?? '')}`;
  const listed = files.slice(0, mostFiles).map(({ path, size: own }) => {
    const mark = path === entry ? ' (entry)' : '';
    return `${escapeText(path)} ${bytes(own)}${mark}`;
  });
  const more = files.length - listed.length;
  return [
    `${bytes(size)} in ${files.length} files`,
    ...listed,
    ...(more > 0 ? [`${more} more (--files lists all)`] : []),
  ].join('\n');
}
