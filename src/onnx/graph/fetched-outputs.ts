import { appendFile, copyFile, chmod } from 'node:fs/promises';
import { constants } from 'node:fs';
import type { Signature } from '../../core/versions/signature.ts';
import { withFile } from '../file/bytes.ts';
import { readClassLabels } from './class-labels.ts';
import { moreOutputs } from './more-outputs.ts';
import { chooseOutputs } from '../feeds/feed-dtypes.ts';

/** An output of a model, as it is fetched. */
export interface FetchedOutput {
  /** Its name in the model's signature. */
  name: string;
  /** The tensor that holds it. */
  tensor: string;
  /** The class of each of its values, if the model names them. */
  classes: readonly string[] | null;
}

export interface FetchedOutputs {
  /** The model, or a copy of it that also gives the tensors behind ZipMaps. */
  modelFile: string;
  outputs: FetchedOutput[];
  /** Names of the outputs that onnxruntime-node cannot return. */
  skipped: string[];
}

/**
 * Decides what is fetched of a model, in the order of its outputs. `modelFile` is in a folder for
 * this run; a copy is made beside it, where its external data is, if the model ends with a ZipMap.
 * INVALID_INPUT if nothing can be fetched.
 */
export async function fetchedOutputs(modelFile: string, signature: Signature): Promise<FetchedOutputs> {
  const { fetched, skipped } = chooseOutputs(signature);
  const labels = withFile(modelFile, readClassLabels);
  const outputs = signature.outputs.flatMap(({ name, dtype }): FetchedOutput[] => {
    const tensor = fetched.includes(name) ? name : labels.zipped.get(name);
    if (tensor === undefined) return [];
    // The model's metadata does not say which output its classes are about.
    const ofModel = dtype?.startsWith('float') === true ? labels.model : null;
    return [{ name, tensor, classes: labels.outputs.get(name) ?? ofModel }];
  });
  const added = outputs.filter(({ name, tensor }) => name !== tensor).map(({ tensor }) => tensor);
  const left = skipped.filter((name) => !outputs.some((output) => output.name === name));
  if (added.length === 0) return { modelFile, outputs, skipped: left };
  // No file of an artifact has such a long name.
  const copy = `${modelFile}.with-the-tensors-behind-zipmap`;
  await copyFile(modelFile, copy, constants.COPYFILE_FICLONE);
  await chmod(copy, 0o600);
  await appendFile(copy, moreOutputs([...new Set(added)]));
  return { modelFile: copy, outputs, skipped: left };
}
