import { Option, type Command } from 'commander';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import { tryParseVersion, type Version } from '../core/version.ts';

/** What marks an option as one that every command has. */
export const globalGroup = 'global';

/** The options of every command. They are declared on the program and on each command: they may stand before or after it. */
export function addGlobalOptions(command: Command): Command {
  const options = [
    new Option(
      '--registry <dir>',
      'the registry to use (env MLREG_REGISTRY; else this folder or its registry/, or those of a folder above)',
    ).argParser(parseFolder('--registry')),
    new Option('--json', 'print one JSON object'),
    new Option('-q, --quiet', 'print the bare reference or digest'),
    new Option('--wait <duration>', 'how long to wait for other writers (default 10s)'),
    new Option('--actor <who>', 'who makes the change (env MLREG_ACTOR; else the CI user, else user@host)'),
    new Option(
      '--allow-network-fs',
      'use a registry on NFS, SMB … that no other host uses (env MLREG_ALLOW_NETWORK_FS=1)',
    ),
    new Option('--no-color', 'no colours (env NO_COLOR)'),
  ];
  for (const option of options) command.addOption(option.helpGroup(globalGroup));
  return command.helpOption('-h, --help', 'show help');
}

/** Declared by commands that promote. */
export function failOnHookOption(): Option {
  return new Option('--fail-on-hook', 'exit 10 where a program that the policy runs after the move fails');
}

/** Declared by commands whose view has a `markdown` form. */
export function markdownOption(): Option {
  return new Option('--markdown', 'print GitHub-flavoured Markdown, for a pull request or a job summary');
}

export interface Pair {
  key: string;
  value: string;
}

/** Collects a repeatable `key=value` option. A key given twice is an error: one of the values would be lost. */
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
      throw new MlregError('INVALID_INPUT', `${flag} gives ${quote(key)} twice`, { hint: 'give it once' });
    }
    return [...before, { key, value }];
  };
}

/** Collects a repeatable option that takes one value each time. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/**
 * The path of a folder. An empty one is what an unset shell variable leaves: it must not stand for the working folder.
 */
export function parseFolder(flag: string): (text: string) => string {
  return (text) => namedPath(flag, text);
}

/** What stands for standard output where a file is named. */
export const standardOutput = '-';

/** As `parseFolder`, where files are written: there is no stream of them. */
export function parseOutputFolder(flag: string, instead: string): (text: string) => string {
  return (text) => {
    if (text !== standardOutput) return namedPath(flag, text);
    throw new MlregError(
      'USAGE',
      `${flag === 'DIR' ? '-' : `${flag} -`} is standard output, and a folder of files is no stream`,
      {
        hint: `${instead}; ./- is a folder with that name`,
      },
    );
  };
}

export function namedPath(flag: string, text: string): string {
  if (text !== '') return text;
  throw new MlregError('USAGE', `${flag} "" names no file or folder`, {
    hint: `name one${flag === 'PATH' ? '' : `: ${flag} PATH`} (is a shell variable unset?)`,
  });
}

/** An option that takes one of a few words. */
export function choice(flags: string, description: string, words: string[]): Option {
  const option = new Option(flags, description).choices(words);
  return option.argParser((text: string) => {
    if (words.includes(text)) return text;
    throw new MlregError('USAGE', `${option.long} ${quote(text)} is not known`, {
      hint: `use ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
    });
  });
}

/** `--expect V|none` */
export function parseExpect(text: string): Version | 'none' {
  if (text === 'none') return text;
  const version = tryParseVersion(text);
  if (version !== undefined) return version;
  throw new MlregError('INVALID_INPUT', `--expect ${quote(text)} is neither a version nor "none"`, {
    hint: 'name the version that holds the stage now, or none if nobody may',
  });
}

/** A whole number from `least` to `most`. */
export function parseCount(flag: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new MlregError('USAGE', `${flag} ${quote(text)} is not a whole number from ${least} to ${most}`, {
      hint: `for example ${flag} ${Math.min(10, most)}`,
    });
  };
}

/** A number from 0, as people write tolerances: `0.001`, `1e-4`. */
export function parseBound(flag: string): (text: string) => number {
  return (text) => {
    const value = /^\d+(?:\.\d+)?(?:e[+-]?\d{1,3})?$/i.test(text) ? Number(text) : Number.NaN;
    if (Number.isFinite(value)) return value;
    throw new MlregError('USAGE', `${flag} ${quote(text)} is not a number from 0`, {
      hint: `for example ${flag} 1e-4`,
    });
  };
}
