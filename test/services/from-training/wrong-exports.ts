/**
 * How the export of a script is broken: a line that comes before the first of these words in a
 * file.
 */
interface WrongExport {
  file: string;
  before: string;
  line: string;
  /** What the exported model then does, for people. */
  what: string;
}

const categories = 'pipe[0].named_transformers_["one-hot"].categories_';

/** By script. Each comes after the golden set was made, so that only the conversion is wrong. */
export const wrongExports: Record<string, WrongExport> = {
  'from_sklearn.py': {
    file: 'from_sklearn.py',
    before: '    onnx = to_onnx(',
    line: '    pipe[0].named_transformers_["scale"].with_mean = False',
    what: 'does not subtract the mean',
  },
  'from_trees.py': {
    file: 'from_sklearn.py',
    before: '    onnx = to_onnx(',
    line: `    ${categories}[0] = ${categories}[0][::-1]`,
    what: 'takes one category for another',
  },
  'from_torch.py': {
    file: 'from_torch.py',
    before: 'torch.onnx.export(',
    line: 'model.mean.zero_()',
    what: 'does not subtract the mean',
  },
  'from_keras.py': {
    file: 'from_keras.py',
    before: 'model.export(',
    line: 'scale.mean = scale.mean * 0',
    what: 'does not subtract the mean',
  },
};

/** A script with the line of `wrong` in its place. Throws where the place is gone. */
export function breakExport(script: string, { file, before, line }: WrongExport): string {
  if (!script.includes(before)) throw new Error(`${file} has no ${before}`);
  return script.replace(before, () => `${line}\n${before}`);
}
