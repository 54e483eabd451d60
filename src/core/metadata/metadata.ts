import * as z from 'zod';
import type { MlregError } from '../errors.ts';
import { exactJsonText, isRawNumber, withDigitsAsText } from '../json/exact-json.ts';
import { invalidInput, whyUnfit } from '../json/invalid-input.ts';
import { parseStrictJson } from '../json/strict-json.ts';
import { isHeldByDouble } from '../text/numbers.ts';
import { plainText } from '../text/plain-text.ts';
import { quote } from '../text/quote.ts';
import { hasControlCharacters, maxKeyLength, paramKeepsDigits, wouldRound } from './metadata-words.ts';
import { unknownKeysHint, type GuessWord } from './unknown-keys.ts';

/** The size limit of all metadata of a version, in bytes of UTF-8. */
export const maxMetadataBytes = 1024 * 1024;

const key = plainText.min(1).max(maxKeyLength);
/** The values that a param or a fact of the source may have. */
export const scalar = z.union([plainText, z.number(), z.boolean(), z.null()]);
const hashShape = /^(?:sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}|git:[0-9a-f]{40}(?:[0-9a-f]{24})?)$/;
const hash = z.string().regex(hashShape, 'must be sha256:…, md5:… or git:… with all hex digits');

const dataEntry = z.strictObject({
  name: key.describe('What the data is for: train, test …'),
  hash: hash.optional().describe('sha256:, md5: or git: followed by hex digits'),
  uri: plainText.min(1).max(4096).optional().describe('URI of the data'),
  size: z.number().int().nonnegative().optional().describe('Bytes'),
});

/** The stored metadata of a version; unknown top-level keys are refused. */
export const metadataSchema = z
  .strictObject({
    metrics: z.record(key, z.number()).optional().describe('Finite numbers that say how good the model is'),
    params: z.record(key, scalar).optional().describe('How it was trained'),
    tags: z.record(key, plainText).optional().describe('Strings to search by'),
    description: plainText.optional(),
    framework: plainText.optional(),
    data: z.array(dataEntry).optional().describe('The data it was trained and tested on'),
    source: z.record(key, scalar).optional().describe('Source code: repository, commit …'),
    run: plainText.min(1).max(4096).optional().describe('Absolute URL of the training run'),
    parents: z
      .array(plainText.min(1).max(512))
      .optional()
      .describe('References to the versions it was derived from'),
    extra: z.json().optional().describe('Any other JSON'),
  })
  .describe('Metadata of a model version');

/** The keys that a metadata file may have. */
export const metadataKeys: readonly string[] = Object.keys(metadataSchema.shape);

/**
 * The file of `register --metadata`: as stored, except that params may be any JSON, which is stored
 * as text.
 */
export const metadataFileSchema = metadataSchema.extend({
  params: z
    .record(key, z.union([scalar, z.record(z.string(), z.json()), z.array(z.json())]))
    .optional()
    .describe('How it was trained; objects and lists are stored as JSON text'),
});

export type Metadata = z.infer<typeof metadataSchema>;
export type MetadataInput = z.infer<typeof metadataFileSchema>;
export type DataEntry = z.infer<typeof dataEntry>;

const maxDepth = 32;

/**
 * Parses a metadata file. In params, source and extra, an integer that no double can represent is
 * stored as a text of its digits; objects and lists in params are stored as JSON text.
 * INVALID_INPUT with the place and the reason, and what `guess` makes of a misspelt key.
 */
export function parseMetadata(json: string, what: string, guess?: GuessWord): Metadata {
  const limits = { what, maxBytes: maxMetadataBytes, maxDepth };
  return checkMetadata(asKept(parseStrictJson(json, { ...limits, exactIntegers: true }), what), what, guess);
}

/** Parses metadata that a registry wrote. INVALID_INPUT if no registry would write it. */
export function parseKeptMetadata(json: string, what: string): Metadata {
  return checkMetadata(parseStrictJson(json, { what, maxBytes: maxMetadataBytes, maxDepth }), what);
}

/** The stored form of a value that was parsed with exact integers. */
function asKept(value: unknown, what: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isRawNumber(value)) return value;
  const { params, source, extra, ...rest } = value as Record<string, unknown>;
  return {
    ...(asDoubles(rest, [], what) as object),
    ...(params === undefined
      ? {}
      : { params: isRecord(params) ? mapValues(params, asParam) : withDigitsAsText(params) }),
    ...(source === undefined ? {} : { source: withDigitsAsText(source) }),
    ...(extra === undefined ? {} : { extra: withDigitsAsText(extra) }),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

function mapValues(
  record: Record<string, unknown>,
  map: (value: unknown, key: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

function asParam(value: unknown): unknown {
  if (isRawNumber(value)) return value.rawJSON;
  return typeof value === 'object' && value !== null ? exactJsonText(value) : value;
}

/**
 * Metrics and sizes are doubles: an integer that no double can represent is refused instead of
 * rounded.
 */
function asDoubles(value: unknown, place: readonly string[], what: string): unknown {
  if (isRawNumber(value)) {
    if (isHeldByDouble(value.rawJSON)) return Number(value.rawJSON);
    throw invalidInput(what, `${quote(place.join('.'))}: ${wouldRound(value.rawJSON)}`, paramKeepsDigits);
  }
  if (Array.isArray(value)) return value.map((item, at) => asDoubles(item, [...place, String(at)], what));
  return isRecord(value) ? mapValues(value, (item, key) => asDoubles(item, [...place, key], what)) : value;
}

/**
 * Checks a value built from a file and flags. The result has no empty sections, so that equal
 * metadata compares equal.
 */
export function checkMetadata(value: unknown, what: string, guess?: GuessWord): Metadata {
  const result = metadataSchema.safeParse(value);
  if (!result.success) throw refuseMetadata(what, result.error, value, guess);
  const names = new Set<string>();
  for (const { name } of result.data.data ?? []) {
    if (names.has(name)) {
      const hint = 'give each data set a different name';
      throw invalidInput(what, `duplicate data name ${quote(name)}`, hint);
    }
    names.add(name);
  }
  return Object.fromEntries(Object.entries(result.data).filter(([, section]) => !isEmpty(section)));
}

/**
 * What only new metadata must meet, so it is not part of the schema: versions that were registered
 * before these rules must still open and import. INVALID_INPUT unless `run` is an absolute URL,
 * with any scheme, and for a metric's name with control characters, which no gate could name.
 */
export function checkGiven(given: Metadata, what: string): void {
  const { run, metrics = {} } = given;
  if (run !== undefined && !(/^[a-z][a-z0-9+.-]*:\S/i.test(run) && URL.canParse(run))) {
    const hint = 'include the scheme: https://example.com/runs/1';
    throw invalidInput(what, `"run" must be an absolute URL, not ${quote(run)}`, hint);
  }
  const hard = Object.keys(metrics).find(hasControlCharacters);
  if (hard === undefined) return;
  const why = `the name of the metric ${quote(hard)} has control characters`;
  throw invalidInput(what, why, 'use a different name for the metric');
}

function isEmpty(section: unknown): boolean {
  if (section === undefined || section === '') return true;
  return typeof section === 'object' && section !== null && Object.keys(section).length === 0;
}

/** The INVALID_INPUT error for a value that is not metadata. */
export function refuseMetadata(
  what: string,
  error: z.ZodError,
  value: unknown,
  guess?: GuessWord,
): MlregError {
  const [issue] = error.issues;
  const hint =
    issue?.code === 'unrecognized_keys' && issue.path.length === 0
      ? unknownKeysHint(issue.keys, value as Record<string, unknown>, metadataKeys, guess)
      : 'see mlreg help metadata for the keys';
  return invalidInput(what, whyUnfit(error), hint);
}

/** Whether the text is a valid hash for an entry of `data`. */
export function isDataHash(text: string): boolean {
  return hashShape.test(text);
}
