/** Options for the inputs of a model, where mlreg runs it. */
import { Option } from 'commander';
import { benchNumbers } from '../../core/measurements/bench.ts';
import { collect, parseCount, sourcePath } from './options.ts';

export function inputOption(): Option {
  const meaning =
    'inputs to use in turn: a JSON or .npz file or a test_data_set_N folder, as for a golden set (outputs not needed)';
  return new Option('--input <path>', meaning).argParser((text: string) => sourcePath('--input', text));
}

/** One of `benchNumbers`; `unlessGiven` ends its description: ` (default 3)`. */
export function benchNumber(name: keyof typeof benchNumbers, unlessGiven = ''): Option {
  const { least, most, about } = benchNumbers[name];
  const flag = `--${name}`;
  return new Option(`${flag} <n>`, `${about}${unlessGiven}`).argParser(parseCount(flag, least, most));
}

export function shapeOption(): Option {
  const meaning =
    'sizes of named dimensions (batch=8,past=0), or of an input (image=1x3x224x224), which overrides them (repeatable)';
  return new Option('--shape <name=size>', meaning).argParser(collect);
}

export function rangeOption(): Option {
  const meaning = 'range of the values of an input (default 0:1; repeatable)';
  return new Option('--range <input=low:high>', meaning).argParser(collect);
}
