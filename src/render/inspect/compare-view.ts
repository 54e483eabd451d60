import type { Json } from '../../api/verb.ts';
import type { compareVerb } from '../../api/verbs/inspect/compare.ts';
import type { Change, ComparedNumber } from '../../core/metadata/metric-change.ts';
import { describeAmendment } from '../../core/versions/amendments.ts';
import type { CompareResult, ComparedSignature } from '../../registry/inspect/compare.ts';
import { compareMarkdown } from './compare-markdown.ts';
import { compareText } from './compare-text.ts';
import { isoTime } from '../format.ts';
import { viewOf } from '../view.ts';

/** JSON and pipes are always complete; `all` also shows people the equal rows. */
export function compareView({ all }: { all: boolean }) {
  return viewOf<CompareResult, Json<typeof compareVerb>>()({
    json,
    text: (result, style) => compareText(result, style, all),
    plain,
    quiet: ({ versions }) => versions.map(({ ref }) => ref),
    markdown: (result) => compareMarkdown(result, all),
  });
}

/**
 * Lists are in the order of `versions`, with null if a version has no value. A change compares the
 * last version with the first; with more than two versions, a list with a plural name has the
 * change of every version after the first.
 */
function json(result: CompareResult) {
  const { versions, metrics, amendments, params, tags, data, size, signatures, graph, files, benches } =
    result;
  return {
    versions: versions.map((version) => ({ ...version, createdAt: isoTime(version.createdAt) })),
    metrics: metrics.map(numberJson),
    amendments: amendments.map((one) => ({ ...one, at: isoTime(one.at) })),
    params: params.map(({ name, values, same }) => ({ name, values: values.map(orNull), same })),
    signature: signatureJson(signatures.at(-1)),
    ...(signatures.length > 1 ? { signatures: signatures.map(signatureJson) } : {}),
    data: data.map(({ name, hashes, same }) => ({ name, hashes: hashes.map(orNull), same })),
    tags: tags.map(({ name, values, same }) => ({ name, values: values.map(orNull), same })),
    size: numberJson(size),
    graph:
      graph === null
        ? null
        : {
            same: graph.same,
            digests: graph.digests.map(orNull),
            nodes: graph.nodes.map(orNull),
            parameters: graph.parameters.map(orNull),
            opsets: graph.opsets.map(orNull),
            operators: graph.operators.map(({ name, counts, same }) => ({
              name,
              counts: counts.map(orNull),
              same,
            })),
          },
    files: {
      same: files.same,
      changes: files.changes.map(({ path, change, files: each }) => ({
        path,
        change,
        digests: each.map((file) => file?.digest ?? null),
        sizes: each.map((file) => file?.size ?? null),
      })),
    },
    benches: {
      comparable: benches.comparable,
      reason: benches.reason,
      runs: benches.runs.map((run) => (run === null ? null : { ...run, at: isoTime(run.at) })),
      figures: benches.figures.map(numberJson),
    },
  };
}

function numberJson({ name, direction, values, changes }: ComparedNumber) {
  const { delta, relative, better }: Change = changes.at(-1) ?? { delta: null, relative: null, better: null };
  return {
    name,
    direction,
    values: values.map(orNull),
    delta,
    relative,
    better,
    ...(changes.length > 1 ? { deltas: changes } : {}),
  };
}

function signatureJson(signature: ComparedSignature | undefined) {
  return {
    compatible: signature?.compatible ?? null,
    changes: (signature?.changes ?? []).map(({ side, name, kind, breaking, description, before, after }) => ({
      side,
      name,
      kind,
      breaking,
      description,
      before: orNull(before),
      after: orNull(after),
    })),
  };
}

function orNull<Value>(value: Value | undefined): Value | null {
  return value ?? null;
}

/** One row per fact: its kind, its name, and a value for each version. */
function plain(result: CompareResult): (string | number | boolean | null)[][] {
  const { versions, metrics, amendments, params, tags, data, size, signatures, graph, files, benches } =
    result;
  return [
    ['ref', '', ...versions.map(({ ref }) => ref)],
    ['digest', '', ...versions.map(({ digest }) => digest)],
    ['format', '', ...versions.map(({ format }) => format)],
    ['created', '', ...versions.map(({ createdAt }) => isoTime(createdAt))],
    ['stages', '', ...versions.map(({ stages }) => stages.join(','))],
    ['yanked', '', ...versions.map(({ yanked }) => (yanked ? 'yanked' : ''))],
    ['size', '', ...size.values.map(orNull)],
    ...metrics.map(({ name, values }) => ['metric', name, ...values.map(orNull)]),
    ...amendments.map((one) => ['amended', one.metric, one.ref, describeAmendment(one)]),
    ...params.map(({ name, values }) => [
      'param',
      name,
      ...values.map((value) => (value === undefined ? '' : String(value))),
    ]),
    ...tags.map(({ name, values }) => ['tag', name, ...values.map(orNull)]),
    ...data.map(({ name, hashes }) => ['data', name, ...hashes.map(orNull)]),
    ['signature', '', '', ...signatures.map(({ compatible }) => compatibility(compatible))],
    ...signatures.flatMap(({ ref, changes }) =>
      changes.map(({ breaking, description }) => [
        'signature-change',
        ref,
        breaking ? 'breaking' : 'harmless',
        description,
      ]),
    ),
    ...(graph === null
      ? []
      : [
          ['graph', 'digest', ...graph.digests.map(orNull)],
          ['graph', 'nodes', ...graph.nodes.map(orNull)],
          ['graph', 'parameters', ...graph.parameters.map(orNull)],
          ...graph.operators.map(({ name, counts }) => ['operator', name, ...counts.map(orNull)]),
        ]),
    ...files.changes.map(({ path, files: each }) => [
      'file',
      path,
      ...each.map((file) => file?.digest ?? null),
    ]),
    ...benches.figures.map(({ name, values }) => ['bench', name, ...values.map(orNull)]),
    ['bench', 'fingerprint', ...benches.runs.map((run) => run?.fingerprint ?? null)],
  ];
}

function compatibility(compatible: boolean | null): string {
  return compatible === null ? 'unknown' : compatible ? 'compatible' : 'breaking';
}
