import type { Signature } from '../core/signature.ts';
import { fitCase, type GoldenCase } from './golden-case.ts';
import { readDataSet } from './golden-data-set.ts';
import { readGoldenJson } from './golden-json.ts';
import { layOutGolden } from './golden-layout.ts';

/** What a check of a golden set found. */
export interface GoldenCheck {
  /** How many. */
  cases: number;
  /** Cases that ONNX Runtime's JavaScript binding cannot run, with the reason. */
  skipped: { case: string; reason: string }[];
}

/**
 * The cases of a golden set, held against the model's signature; the values of a `test_data_set_N` stay in their files until
 * they are asked for. `files`: where each is on disk, by its path in the golden set. INVALID_INPUT for what is malformed or
 * contradicts the model, with the file and the place.
 */
export function readGoldenSet(files: ReadonlyMap<string, string>, signature: Signature): GoldenCase[] {
  const layout = layOutGolden(files.keys());
  const given =
    layout.json === null
      ? layout.dataSets.map((dataSet) => readDataSet(dataSet, files, signature))
      : readGoldenJson(files.get(layout.json) ?? layout.json, layout.json);
  return given.map((one) => fitCase(one, signature));
}

/** Reads a golden set in full, to refuse it before it is needed. Errors as `readGoldenSet`; of a data set no values are held. */
export function checkGoldenSet(files: ReadonlyMap<string, string>, signature: Signature): GoldenCheck {
  const cases = readGoldenSet(files, signature);
  for (const { inputs, outputs } of cases) {
    for (const value of [...inputs.values(), ...outputs.values()]) value.check();
  }
  return {
    cases: cases.length,
    skipped: cases.flatMap(({ name, skipped }) =>
      skipped === null ? [] : [{ case: name, reason: skipped }],
    ),
  };
}
