import type { Signature } from '../../core/versions/signature.ts';
import { fitCase, type CaseUse, type GoldenCase } from './golden-case.ts';
import { readDataSet } from './golden-data-set.ts';
import { readGoldenJson } from './golden-json.ts';
import { layOutGolden } from './golden-layout.ts';

/** What is known about a case before it runs. */
export interface CheckedCase {
  /**
   * `cases[0]` of a JSON file, or the name of a data set's folder, without its number if the folder
   * itself was registered.
   */
  case: string;
  /** Expected outputs that cannot be compared. */
  skippedOutputs: string[];
  /** Why ONNX Runtime's JavaScript binding cannot run it; absent if it can. */
  skipped?: string;
}

/**
 * The cases of a golden set, checked against the model's signature. The values of a
 * `test_data_set_N` stay in their files until they are needed. `files`: the location of each file
 * on disk, by its path in the golden set. INVALID_INPUT for a set that is malformed or contradicts
 * the model, with the file and the place. For `feeds` the outputs are ignored.
 */
export function readGoldenSet(
  files: ReadonlyMap<string, string>,
  signature: Signature,
  use: CaseUse = 'golden',
): GoldenCase[] {
  const layout = layOutGolden(files.keys());
  const given =
    layout.json === null
      ? layout.dataSets.map((dataSet) =>
          readDataSet(use === 'feeds' ? { ...dataSet, outputs: new Map() } : dataSet, files, signature),
        )
      : readGoldenJson(files.get(layout.json) ?? layout.json, layout.json, use);
  return given.map((one) => fitCase(one, signature, use));
}

export interface CheckedGolden {
  cases: CheckedCase[];
  /** One for each output whose expected shape differs from the declared one. */
  warnings: string[];
}

/**
 * Reads a whole golden set, to refuse a bad one before it is needed. Errors as `readGoldenSet`;
 * keeps no values of a data set.
 */
export function checkGoldenSet(files: ReadonlyMap<string, string>, signature: Signature): CheckedGolden {
  const warnings = new Map<string, string>();
  const cases = readGoldenSet(files, signature).map((golden) => {
    for (const value of [...golden.inputs.values(), ...golden.outputs.values()]) value.check();
    for (const { output, warning } of golden.otherShapes)
      if (!warnings.has(output)) warnings.set(output, warning);
    return toChecked(golden);
  });
  return { cases, warnings: [...warnings.values()] };
}

export function toChecked({ name, skipped, skippedOutputs }: GoldenCase): CheckedCase {
  return { case: name, skippedOutputs, ...(skipped === null ? {} : { skipped }) };
}
