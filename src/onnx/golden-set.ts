import { quote } from '../core/quote.ts';
import type { Signature } from '../core/signature.ts';
import { fitCase, type GoldenCase } from './golden-case.ts';
import { readDataSet } from './golden-data-set.ts';
import { readGoldenJson } from './golden-json.ts';
import { layOutGolden } from './golden-layout.ts';

export interface GoldenSet {
  cases: GoldenCase[];
  warnings: string[];
}

export interface GoldenCheck {
  /** How many. */
  cases: number;
  /** Cases that ONNX Runtime's JavaScript binding cannot run, with the reason. */
  skipped: { case: string; reason: string }[];
  warnings: string[];
}

/**
 * The cases of a golden set, held against the model's signature; values of `test_data_set_N` stay in their files until they
 * are asked for. `files`: where each is on disk, by its path in the golden set. INVALID_INPUT for what is malformed or contradicts
 * the model, with the file and the place.
 */
export function readGoldenSet(files: ReadonlyMap<string, string>, signature: Signature): GoldenSet {
  const { json, dataSets, other } = layOutGolden(files.keys());
  const given = [
    ...json.flatMap((path) => {
      const cases = readGoldenJson(files.get(path) ?? path, path);
      return json.length === 1 ? cases : cases.map((one) => ({ ...one, name: `${path} ${one.name}` }));
    }),
    ...dataSets.map((dataSet) => readDataSet(dataSet, files, signature)),
  ];
  const shown = other.slice(0, 3).map(quote).join(', ');
  const more = other.length > 3 ? ` and ${other.length - 3} more` : '';
  return {
    cases: given.map((one) => fitCase(one, signature)),
    warnings: other.length === 0 ? [] : [`not part of the golden set's cases: ${shown}${more}`],
  };
}

/** Reads a golden set in full, to refuse it before it is needed. Errors as `readGoldenSet`; no more than one tensor of a data set is held. */
export function checkGoldenSet(files: ReadonlyMap<string, string>, signature: Signature): GoldenCheck {
  const { cases, warnings } = readGoldenSet(files, signature);
  for (const { inputs, outputs } of cases) {
    for (const value of [...inputs.values(), ...outputs.values()]) value.check();
  }
  const skipped = cases.flatMap(({ name, skipped: reason }) =>
    reason === null ? [] : [{ case: name, reason }],
  );
  return { cases: cases.length, skipped, warnings };
}
