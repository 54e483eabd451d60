import { devices } from '../../core/device.ts';
import { Option, type Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';

/** Marks the options that every command has. */
export const globalGroup = 'global';

/**
 * The values of `--format` and `MLREG_FORMAT`: what a terminal gets, what a pipe gets, and JSON.
 */
export const formats = ['table', 'tsv', 'json'] as const;
export type Format = (typeof formats)[number];

/**
 * The options of every command. They are declared on the program and on each command, so that they
 * can be before or after the command's name.
 */
export function addGlobalOptions(command: Command): Command {
  const options = [
    new Option(
      '--registry <dir>',
      'registry folder (env MLREG_REGISTRY; default: ./ or ./registry, here or in a parent folder)',
    ).argParser(parseFolder('--registry')),
    choice(
      '--format <format>',
      'form of the output (env MLREG_FORMAT; default: table on a terminal, else tsv)',
      [...formats],
    ),
    new Option('--json', 'print one JSON object, as --format json'),
    new Option('-q, --quiet', 'print only the reference or digest'),
    new Option('--wait <duration>', 'how long to wait while the registry is locked (default 10s)'),
    new Option(
      '--actor <who>',
      'name recorded for the change (env MLREG_ACTOR; default: CI user or user@host)',
    ),
    new Option(
      '--allow-network-fs',
      'allow a registry on NFS, SMB … if no other host uses it (env MLREG_ALLOW_NETWORK_FS=1)',
    ),
    new Option('--no-color', 'disable colors (env NO_COLOR; FORCE_COLOR=1 enables them anywhere)'),
  ];
  for (const option of options) command.addOption(option.helpGroup(globalGroup));
  return command.helpOption('-h, --help', 'show help');
}

/** For commands that promote. */
export function failOnHookOption(): Option {
  return new Option('--fail-on-hook', "exit with code 10 if the policy's onPromote program fails");
}

/** For commands whose view has a `markdown` form. */
export function markdownOption(): Option {
  return new Option('--markdown', 'print Markdown for a pull request or a job summary');
}

export interface Pair {
  key: string;
  value: string;
}

/**
 * Collects a repeatable `key=value` option. A repeated key is an error: one of the values would be
 * lost.
 */
export function collectPair(
  flag: string,
  example = `${flag} name=value`,
): (value: string, before: Pair[] | undefined) => Pair[] {
  return (text, before = []) => {
    const at = text.indexOf('=');
    const [key, value] = [text.slice(0, at), text.slice(at + 1)];
    if (at < 1) {
      throw new MlregError('USAGE', `${flag} ${quote(text)} is not of the form key=value`, {
        hint: `for example ${example}`,
      });
    }
    if (before.some((pair) => pair.key === key)) {
      throw new MlregError('INVALID_INPUT', `duplicate ${flag} ${quote(key)}`, {
        hint: 'remove one of them',
      });
    }
    return [...before, { key, value }];
  };
}

const forbidden = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * The pairs of one flag as a record. INVALID_INPUT for a key that would reach an object's
 * prototype.
 */
export function pairsToRecord<Value>(
  pairs: Pair[],
  parse: (value: string, key: string) => Value,
): Record<string, Value> {
  for (const { key } of pairs) {
    if (forbidden.has(key))
      throw new MlregError('INVALID_INPUT', `the key ${quote(key)} is not allowed`, {
        hint: 'use a different key',
      });
  }
  return Object.fromEntries(pairs.map(({ key, value }) => [key, parse(value, key)]));
}

/** Collects the values of a repeatable option. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/**
 * Parses the path of a folder. An empty path, as from an unset shell variable, is refused: it must
 * not mean the working folder.
 */
export function parseFolder(flag: string): (text: string) => string {
  return (text) => namedPath(flag, text);
}

/** Stands for standard output in place of a file name. */
export const standardOutput = '-';

/** As `parseFolder`, for a folder that is written to, which cannot be standard output. */
export function parseOutputFolder(flag: string, instead: string): (text: string) => string {
  return (text) => {
    if (text !== standardOutput) return namedPath(flag, text);
    throw new MlregError(
      'USAGE',
      `${flag === 'DIR' ? '-' : `${flag} -`} is not supported: a folder cannot be written to stdout`,
      {
        hint: `${instead}; ./- is a folder with that name`,
      },
    );
  };
}

/**
 * As `parseFolder`, for a file that is written beside the result, which standard output has.
 * `example` is a name for the hint.
 */
export function parseOutputFile(flag: string, example: string): (text: string) => string {
  return (text) => {
    if (text !== standardOutput) return namedPath(flag, text);
    throw new MlregError('USAGE', `${flag} cannot write to stdout`, {
      hint: `use a file: ${flag} ${example}`,
    });
  };
}

export function namedPath(flag: string, text: string): string {
  if (text !== '') return text;
  throw new MlregError('USAGE', `${flag} is empty`, {
    hint: `pass a path${flag.startsWith('-') ? `: ${flag} PATH` : ''} (is a shell variable unset?)`,
  });
}

/**
 * As `namedPath`, for a file or folder that is read. INVALID_INPUT for a URL, of which the file
 * system would only say that it is missing.
 */
export function sourcePath(flag: string, text: string): string {
  const [, scheme] = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text) ?? [];
  if (scheme === undefined) return namedPath(flag, text);
  const what = `${flag.startsWith('-') ? `${flag} ` : ''}${quote(text)}`;
  throw new MlregError('INVALID_INPUT', `${what} is a URL, and only local files are read`, {
    hint:
      scheme.toLowerCase() === 'file'
        ? 'use the path without file://'
        : 'download it first, and pass the path of the file',
  });
}

/** USAGE for two options, or an option and an argument, that exclude each other. */
export function notTogether(one: string, other: string, hint = 'omit one of them'): MlregError {
  return new MlregError('USAGE', `${one} and ${other} cannot be used together`, { hint });
}

/** An option with a fixed list of values. */
export function choice(flags: string, description: string, words: readonly string[]): Option {
  const option = new Option(flags, description).choices(words);
  return option.argParser((text: string) => {
    if (words.includes(text)) return text;
    throw new MlregError('USAGE', `invalid ${option.long} ${quote(text)}`, {
      hint: `use ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
    });
  });
}

/** An integer from `least` to `most`. */
export function parseCount(flag: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new MlregError(
      'USAGE',
      `${flag} must be a whole number from ${least} to ${most}, not ${quote(text)}`,
      {
        hint: `for example ${flag} ${Math.min(10, most)}`,
      },
    );
  };
}

/** A number of at least 0, such as a tolerance: `0.001`, `1e-4`. */
export function parseBound(flag: string): (text: string) => number {
  return (text) => {
    const value = /^\d+(?:\.\d+)?(?:e[+-]?\d{1,3})?$/i.test(text) ? Number(text) : Number.NaN;
    if (Number.isFinite(value)) return value;
    throw new MlregError('USAGE', `${flag} must be a number of at least 0, not ${quote(text)}`, {
      hint: `for example ${flag} 1e-4`,
    });
  };
}

/** For commands that record metrics; `readMetrics` reads it. */
export function metricsFileOption(): Option {
  const meaning = 'JSON file of numbers: metrics; nested keys are joined by dots (repeatable; - is stdin)';
  return new Option('--metrics-file <file>', meaning).argParser(collect);
}

/** `--device`, for commands that run a model. */
export function deviceOption(): Option {
  return new Option('--device <device>', 'what runs the model (default: cpu)').choices(devices);
}
