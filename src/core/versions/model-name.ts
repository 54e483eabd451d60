import { MlregError } from '../errors.ts';
import { quote } from '../text/quote.ts';

declare const brand: unique symbol;
/** A registered model's name: `/`-separated parts that are also a valid OCI repository name. */
export type ModelName = string & { readonly [brand]: 'ModelName' };

const maxLength = 128;
const part = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;
/**
 * Names that Windows reserves for devices, with any extension: Windows cannot create folders with
 * these names.
 */
const windowsDevice = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/;

/** Parses a model name. INVALID_INPUT says which part is wrong and what a valid name looks like. */
export function parseModelName(text: string): ModelName {
  const problem = findProblem(text);
  if (problem === undefined) return text as ModelName;
  throw new MlregError('INVALID_INPUT', `invalid model name ${quote(text)}: ${problem}`, {
    hint: 'use lower-case letters and digits, with single . _ - inside and / between parts: team/digits-mlp',
  });
}

function findProblem(text: string): string | undefined {
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
