import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { formats, notTogether, type Format } from './options.ts';
import type { OutputStream } from '../output/standard-output.ts';

/** All forms in which a result can be printed. */
export type Form = Format | 'quiet' | 'markdown';

interface FormFlags {
  format?: Format;
  json?: boolean;
  quiet?: boolean;
  markdown?: boolean;
}

/** The form that flags ask for, if any. USAGE if they contradict each other. */
export function askedForm(flags: FormFlags): Form | undefined {
  const { format } = flags;
  const [form, another] = (['json', 'quiet', 'markdown'] as const).filter((each) => flags[each] === true);
  if (form !== undefined && another !== undefined) throw notTogether(`--${form}`, `--${another}`);
  if (form !== undefined && format !== undefined && form !== format)
    throw notTogether(`--${form}`, `--format ${format}`);
  return form ?? format;
}

/**
 * The form that results have if no flag asks for another one. USAGE if `MLREG_FORMAT` names none.
 */
export function usualForm(env: NodeJS.ProcessEnv, stdout: OutputStream): Format {
  const named = env['MLREG_FORMAT'];
  return named ? parseFormat('MLREG_FORMAT')(named) : streamForm(stdout);
}

/** The form that depends on the stream alone. */
export function streamForm(stdout: OutputStream): Format {
  return stdout.isTTY === true ? 'table' : 'tsv';
}

/** For a value of `source`, a flag or a variable. */
export function parseFormat(source: string): (text: string) => Format {
  return (text) => {
    const format = formats.find((each) => each === text);
    if (format !== undefined) return format;
    throw new MlregError('USAGE', `invalid ${source} ${quote(text)}`, { hint: 'use table, tsv or json' });
  };
}

/**
 * The form that the words of a command line ask for, for an error in the words themselves. If they
 * contradict each other, it is JSON.
 */
export function formInWords(words: readonly string[]): Form | undefined {
  const found = words.flatMap((word, index): Form[] => {
    if (word === '--json') return ['json'];
    if (word === '--markdown') return ['markdown'];
    if (word === '--quiet' || /^-[a-z]*q/.test(word)) return ['quiet'];
    const named = word === '--format' ? words[index + 1] : /^--format=(.*)$/s.exec(word)?.[1];
    return formats.filter((format) => format === named);
  });
  return found.find((form) => form === 'json') ?? found[0];
}
