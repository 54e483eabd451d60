import { missingWords } from '../data/read-number.ts';
import { readTime } from '../profile/read-time.ts';
import type { PredictionStore } from '../storage/predictions.ts';
import type { ModelName } from '../core/versions/reference.ts';
import type { Version } from '../core/versions/version.ts';

/** What rows of labels say, by their keys. */
export interface Labels {
  byKey: Map<string, { label: string; at: number | null }>;
  rows: number;
  withoutKey: number;
  withoutLabel: number;
  /** Rows whose time cannot be read. */
  withoutTime: number;
  /** Rows whose key came before; the last one counts. */
  duplicates: number;
  /** Of them, those with another label. */
  contradicting: number;
}

/** `add` takes the cells of a row: key, label and time. */
export function collectLabels(withTime: boolean): {
  labels: Labels;
  add: (cells: readonly string[]) => void;
} {
  const labels: Labels = {
    byKey: new Map(),
    rows: 0,
    withoutKey: 0,
    withoutLabel: 0,
    withoutTime: 0,
    duplicates: 0,
    contradicting: 0,
  };
  return {
    labels,
    add: ([key = '', label = '', time = '']) => {
      labels.rows++;
      const at = withTime ? readTime(time) : null;
      if (key === '') labels.withoutKey++;
      else if (missingWords.has(label.trim())) labels.withoutLabel++;
      else if (at !== null && Number.isNaN(at)) labels.withoutTime++;
      else {
        const before = labels.byKey.get(key);
        if (before !== undefined) labels.duplicates++;
        if (before !== undefined && before.label !== label) labels.contradicting++;
        labels.byKey.set(key, { label, at });
      }
    },
  };
}

/** A prediction with the label that came for it. */
export interface JoinedRow {
  prediction: string;
  label: string;
  at: number | null;
}

export interface Joined {
  rows: JoinedRow[];
  /** Keys of which only other versions of the model have predictions. */
  otherVersions: number;
  /** Keys without a prediction. */
  unknown: number;
  /** The first few of them. */
  unknownKeys: string[];
  /** Keys whose prediction should have been forgotten by now. */
  late: number;
}

const keysAtOnce = 10_000;
const mostNamed = 5;

/** Joins labels to the latest prediction that a version made for their keys. */
export async function joinLabels(
  store: Pick<PredictionStore, 'find'>,
  { model, version, now }: { model: ModelName; version: Version; now: number },
  { byKey }: Labels,
): Promise<Joined> {
  const joined: Joined = { rows: [], otherVersions: 0, unknown: 0, unknownKeys: [], late: 0 };
  const all = [...byKey.keys()];
  for (let from = 0; from < all.length; from += keysAtOnce) {
    const keys = all.slice(from, from + keysAtOnce);
    const found = new Map<string, { prediction: string; late: boolean }>();
    const elsewhere = new Set<string>();
    for await (const { run, predictions } of store.find({ model, keys }))
      for (const { key, prediction } of predictions)
        if (run.version !== version) elsewhere.add(key);
        // The newest run comes first.
        else if (!found.has(key)) found.set(key, { prediction, late: run.until <= now });
    for (const key of keys) {
      const own = found.get(key);
      const { label = '', at = null } = byKey.get(key) ?? {};
      if (own !== undefined) {
        joined.rows.push({ prediction: own.prediction, label, at });
        if (own.late) joined.late++;
      } else if (elsewhere.has(key)) joined.otherVersions++;
      else {
        joined.unknown++;
        if (joined.unknownKeys.length < mostNamed) joined.unknownKeys.push(key);
      }
    }
  }
  return joined;
}
