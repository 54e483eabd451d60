import validRange from 'semver/ranges/valid.js';
import { MlregError } from '../errors.ts';
import { quote } from '../text/quote.ts';
import { isRange, tryParseVersion, type Version } from './version.ts';

declare const modelBrand: unique symbol;
/** A registered model's name: `/`-separated parts that are also a valid OCI repository name. */
export type ModelName = string & { readonly [modelBrand]: 'ModelName' };

const maxLength = 128;
const part = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;
/**
 * Names that Windows reserves for devices, with any extension: Windows cannot create folders with
 * these names.
 */
const windowsDevice = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/;

/** Parses a model name. INVALID_INPUT says which part is wrong and what a valid name looks like. */
export function parseModelName(text: string): ModelName {
  const problem = problemOfModelName(text);
  if (problem === undefined) return text as ModelName;
  throw new MlregError('INVALID_INPUT', `invalid model name ${quote(text)}: ${problem}`, {
    hint: 'use lower-case letters and digits, with single . _ - inside and / between parts: team/digits-mlp',
  });
}

function problemOfModelName(text: string): string | undefined {
  if (text.length === 0) return 'it is empty';
  if (text.length > maxLength) return `it has ${text.length} characters; the limit is ${maxLength}`;
  for (const piece of text.split('/')) {
    if (piece === '') return 'it has an empty part';
    if (!part.test(piece)) return whyNoPart(piece, text.includes('/') ? `the part ${quote(piece)}` : 'it');
    if (windowsDevice.test(piece)) return `${quote(piece)} is a reserved device name on Windows`;
  }
  return undefined;
}

function whyNoPart(piece: string, which: string): string {
  const odd = /[^a-z0-9._-]/u.exec(piece)?.[0];
  if (odd !== undefined && /^[A-Z]$/.test(odd)) return `${which} must be in lower case`;
  if (odd !== undefined) return `${which} contains ${quote(odd)}, which is not allowed`;
  return /[._-]{2}/.test(piece)
    ? `${which} has two of . _ - in a row`
    : `${which} must start and end with a letter or a digit`;
}

declare const stageBrand: unique symbol;
/** The name of a stage: `staging`, `production` … */
export type StageName = string & { readonly [stageBrand]: 'StageName' };

/** The stages a new registry declares, in order. */
export const defaultStages = ['staging', 'production'] as const;

export function parseStageName(text: string): StageName {
  const problem = problemOfStageName(text);
  if (problem === undefined) return text as StageName;
  throw new MlregError('INVALID_INPUT', `invalid stage name ${quote(text)}: ${problem}`, {
    hint: 'use a lower-case word, for example staging or production',
  });
}

export function isStageName(text: string): boolean {
  return problemOfStageName(text) === undefined;
}

function problemOfStageName(text: string): string | undefined {
  if (text === '') return 'it is empty';
  if (text.length > 32) return `it has ${text.length} characters; the limit is 32`;
  if (/^[a-z][a-z0-9_-]*$/i.test(text) && text !== text.toLowerCase()) return 'it must be in lower case';
  if (!/^[a-z]/.test(text)) return 'it must start with a lower-case letter';
  const odd = /[^a-z0-9_-]/u.exec(text)?.[0];
  if (odd !== undefined) return `it contains ${quote(odd)}; lower-case letters, digits, _ and - are allowed`;
  if (text === 'latest') return '"latest" always means the highest version';
  // semver accepts only words with these first letters as ranges; asking it about other words takes
  // a millisecond.
  if (/^[vx]/.test(text) && validRange(text) !== null) return 'it looks like a version or a range';
  return undefined;
}

/** Selects a version of a model. */
export type Selector =
  | { kind: 'version'; version: Version }
  | { kind: 'range'; range: string }
  /** `back` holders before the one the stage points at; 0 is the holder. */
  | { kind: 'stage'; stage: StageName; back: number }
  | { kind: 'latest' }
  /** `sha256:` and at least eight hex digits. */
  | { kind: 'digest'; prefix: string };

export interface Reference {
  name: ModelName;
  /** Absent if only a name was given: reading commands then use `latest`. */
  selector?: Selector;
}

const examples =
  'digits, digits@1.4.0, digits@^1, digits@production, digits@production~1, digits@sha256:1f0c9a7e';

/**
 * Parses `NAME[@SELECTOR]` and, for users of other registries, `models:/NAME@alias`,
 * `models:/NAME/3.0.0`, `models:/NAME/Production` (MLflow), `NAME#stage` and `NAME@v1.2.3` (GTO).
 */
export function parseReference(text: string): Reference {
  const { name, selector } = split(text);
  return selector === undefined
    ? { name: parseModelName(name) }
    : { name: parseModelName(name), selector: parseSelector(selector, text) };
}

/**
 * As `parseReference`, for commands that change a version: a bare name would race with another
 * job's latest version.
 */
export function parseExplicitReference(text: string): Required<Reference> {
  const { name, selector } = parseReference(text);
  if (selector !== undefined) return { name, selector };
  throw new MlregError('USAGE', `${quote(text)} needs a version`, {
    hint: `use for example ${name}@1.0.0 (mlreg list ${name} lists the versions)`,
  });
}

function split(text: string): { name: string; selector?: string } {
  const mlflow = /^models:\/{1,3}(.*)$/s.exec(text);
  if (mlflow !== null) {
    const rest = mlflow[1] ?? '';
    // Only a complete version number: `models:/team/3d-unet` is a name.
    const path = /^(.+)\/(v?\d+(?:\.\d+){0,2}|v?\d+\.\d+\.\d+[-+][^/@]+|latest)$/.exec(rest);
    if (path !== null) return { name: path[1] ?? '', selector: path[2] ?? '' };
    // MLflow's stages are capitalized, and parts of a name never are.
    const stage = /^(.+)\/(Production|Staging|Archived|None)$/.exec(rest);
    if (stage !== null) return { name: stage[1] ?? '', selector: (stage[2] ?? '').toLowerCase() };
    return splitAt(rest, '@');
  }
  return text.includes('@') ? splitAt(text, '@') : splitAt(text, '#');
}

function splitAt(text: string, mark: string): { name: string; selector?: string } {
  const at = text.indexOf(mark);
  return at === -1 ? { name: text } : { name: text.slice(0, at), selector: text.slice(at + 1) };
}

function parseSelector(text: string, whole: string): Selector {
  if (text === 'latest') return { kind: 'latest' };
  const version = tryParseVersion(text);
  if (version !== undefined) return { kind: 'version', version };
  if (text.startsWith('sha256:')) {
    if (/^sha256:[0-9a-f]{8,64}$/.test(text)) return { kind: 'digest', prefix: text };
    throw unreadable(whole, 'a digest is sha256: followed by 8 to 64 lower-case hex digits');
  }
  const stage = /^([^~]+)(?:~(\d{1,6}))?$/.exec(text);
  if (stage !== null && isStageName(stage[1] ?? '')) {
    return { kind: 'stage', stage: stage[1] as StageName, back: Number(stage[2] ?? 0) };
  }
  if (text.trim() !== '' && isRange(text)) return { kind: 'range', range: text };
  if (text === '') throw unreadable(whole, 'expected a version or a stage at the end');
  const lower = text.toLowerCase();
  if (isStageName(lower.replace(/~\d+$/, '')))
    throw unreadable(whole, `stage names are lower-case: ${lower}`);
  throw unreadable(whole, `${quote(text)} is not a version, range, stage, "latest" or digest`);
}

function unreadable(whole: string, why: string): MlregError {
  return new MlregError('INVALID_INPUT', `invalid reference ${quote(whole)}: ${why}`, {
    hint: `use for example ${examples} (see mlreg help references)`,
  });
}

/** The reference as a user would type it. */
export function formatReference(name: ModelName, version: Version): string {
  return `${name}@${version}`;
}
