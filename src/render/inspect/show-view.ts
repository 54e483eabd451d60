import type { Json } from '../../api/verb.ts';
import type { showVerb } from '../../api/verbs/inspect/show.ts';
import { goldenSetsOf } from '../../core/versions/golden-sets.ts';
import type { ShowAround, ShowResult } from '../../registry/inspect/show.ts';
import { isoTime } from '../format.ts';
import { jsonText } from '../json-text.ts';
import { showRows } from './show-rows.ts';
import { viewOf } from '../view.ts';

/** What is stored is shown as it was recorded, by any version of mlreg. */
type StoredReport = Json<typeof showVerb>['benches'][number];
type StoredProfile = NonNullable<Json<typeof showVerb>['profile']>;
type StoredEvaluation = Json<typeof showVerb>['evaluations'][number];

/**
 * JSON is always complete; `files` and `metadata` select what people see, and `around` looks up the
 * additions of the page for people.
 */
export function showView(
  choice: { files: boolean; metadata: boolean },
  around: (result: ShowResult) => Promise<ShowAround>,
) {
  return viewOf<ShowResult, Json<typeof showVerb>, Promise<string>>()({
    document: choice.metadata,
    json: ({
      ref,
      record,
      model,
      metadata,
      amendments,
      stages,
      since,
      benches,
      evaluations,
      profile,
      gates,
      children,
    }) => ({
      ref,
      name: record.name,
      version: record.version,
      digest: record.artifact.digest,
      size: record.artifact.size,
      format: record.format,
      entry: record.entry,
      stages,
      since: Object.fromEntries(Object.entries(since).map(([stage, at]) => [stage, isoTime(at)])),
      yanked:
        record.yanked === null
          ? false
          : {
              ...record.yanked,
              at: isoTime(record.yanked.at),
            },
      model,
      tags: record.tags,
      metadata,
      amended: record.amended,
      amendments: amendments.map((one) => ({ ...one, at: isoTime(one.at) })),
      golden: record.golden && { digest: record.golden.digest, files: record.golden.files },
      goldenSets: goldenSetsOf(record).map(({ artifact, at, ...set }) => ({
        digest: artifact.digest,
        files: artifact.files,
        ...set,
        at: isoTime(at),
      })),
      signature: record.onnx?.signature ?? null,
      onnx: record.onnx,
      files: record.artifact.files,
      executable: record.executable,
      source: record.source,
      bump: record.bump,
      bumpReason: record.bumpReason,
      previous: record.previous,
      createdAt: isoTime(record.createdAt),
      actor: record.actor,
      imported: record.imported && { ...record.imported, at: isoTime(record.imported.at) },
      benches: benches.map(({ id, at, status, fingerprint, result }) => ({
        id,
        at: isoTime(at),
        status: status as StoredReport['status'],
        fingerprint,
        ...(result as Omit<StoredReport, 'id' | 'at' | 'status' | 'fingerprint'>),
      })),
      evaluations: evaluations.map(({ id, at, fingerprint, result }) => ({
        id,
        at: isoTime(at),
        fingerprint,
        ...(result as Omit<StoredEvaluation, 'id' | 'at' | 'fingerprint'>),
      })),
      profile: profile && {
        id: profile.id,
        at: isoTime(profile.at),
        ...(profile.result as unknown as Omit<StoredProfile, 'id' | 'at'>),
      },
      gates: gates.map((gate) => ({ ...gate, at: isoTime(gate.at) })),
      parents: record.parents,
      children,
    }),
    text: async (result, style) => {
      if (choice.metadata) return jsonText(result.record.metadata, 2);
      const [{ showPage }, beside] = await Promise.all([import('./show-page.ts'), around(result)]);
      return showPage(result, beside, style, choice.files);
    },
    plain: (result) => {
      if (choice.metadata) return [[jsonText(result.record.metadata)]];
      if (choice.files)
        return result.record.artifact.files.map(({ path, size, digest }) => [path, size, digest]);
      return showRows(result);
    },
    quiet: ({ ref }) => [ref],
  });
}
