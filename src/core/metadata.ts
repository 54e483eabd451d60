import * as z from 'zod';
import { MlregError } from './errors.ts';
import { plainText } from './plain-text.ts';
import { quote } from './quote.ts';
import { parseStrictJson } from './strict-json.ts';

/** Metadata as a whole may not be larger than this, in bytes of UTF-8. */
export const maxMetadataBytes = 1024 * 1024;

const key = plainText.min(1).max(256);
const scalar = z.union([plainText, z.number(), z.boolean(), z.null()]);
const hashShape = /^(?:sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}|git:[0-9a-f]{40}(?:[0-9a-f]{24})?)$/;
const hash = z.string().regex(hashShape, 'must be sha256:…, md5:… or git:… with all hex digits');

const dataEntry = z.strictObject({
  name: key.describe('What the data is for: train, test …'),
  hash: hash.optional().describe('sha256:, md5: or git: and the hex digits'),
  uri: plainText.min(1).max(4096).optional().describe('Where the data is kept'),
  size: z.number().int().nonnegative().optional().describe('Bytes'),
});

/** The metadata file of `register --metadata`; other keys at the top are refused. */
export const metadataSchema = z
  .strictObject({
    metrics: z.record(key, z.number()).optional().describe('Finite numbers: how good the model is'),
    params: z.record(key, scalar).optional().describe('Scalars: how it was trained'),
    tags: z.record(key, plainText).optional().describe('Strings to find it by'),
    description: plainText.optional(),
    framework: plainText.optional(),
    data: z.array(dataEntry).optional().describe('The data it was trained and tested on'),
    source: z.record(key, scalar).optional().describe('Where its code is: repository, commit …'),
    run: plainText.min(1).max(4096).optional().describe('Absolute URL of the training run'),
    parents: z
      .array(plainText.min(1).max(512))
      .optional()
      .describe('References of the versions it was made from'),
    extra: z.json().optional().describe('Anything else'),
  })
  .describe('Metadata of a model version');

export type Metadata = z.infer<typeof metadataSchema>;
export type DataEntry = z.infer<typeof dataEntry>;

/** A metadata file's text. INVALID_INPUT with the place and the reason. */
export function parseMetadata(json: string, what: string): Metadata {
  return checkMetadata(parseStrictJson(json, { what, maxBytes: maxMetadataBytes, maxDepth: 32 }), what);
}

/** Checks a value built from a file and flags; the result has no empty sections, so that equal metadata is equal. */
export function checkMetadata(value: unknown, what: string): Metadata {
  const result = metadataSchema.safeParse(value);
  if (!result.success) throw refuse(what, result.error);
  const names = new Set<string>();
  for (const { name } of result.data.data ?? []) {
    if (names.has(name)) {
      throw new MlregError(
        'INVALID_INPUT',
        `${what} is refused: two entries of data are named ${quote(name)}`,
        {
          hint: 'give each data set its own name',
        },
      );
    }
    names.add(name);
  }
  return Object.fromEntries(Object.entries(result.data).filter(([, section]) => !isEmpty(section)));
}

/**
 * INVALID_INPUT unless `run` is an absolute URL, of any scheme. Apart from the schema: what was registered before it was asked for must
 * still open, and be imported.
 */
export function checkRun({ run }: Metadata): void {
  if (run === undefined || (/^[a-z][a-z0-9+.-]*:\S/i.test(run) && URL.canParse(run))) return;
  throw new MlregError(
    'INVALID_INPUT',
    `the metadata is refused: "run": ${quote(run)} is not an absolute URL`,
    {
      hint: 'write it with its scheme: https://example.com/runs/1',
    },
  );
}

function isEmpty(section: unknown): boolean {
  if (section === undefined || section === '') return true;
  return typeof section === 'object' && section !== null && Object.keys(section).length === 0;
}

function refuse(what: string, error: z.ZodError): MlregError {
  const issue = error.issues[0];
  const place = issue?.path.map(String).join('.') ?? '';
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.map(quote).join(', ') : undefined;
  const why =
    unknown === undefined
      ? `${place === '' ? '' : `${quote(place)}: `}${issue?.message ?? 'unreadable'}`
      : `unknown key ${unknown}${place === '' ? '' : ` in ${quote(place)}`}`;
  return new MlregError('INVALID_INPUT', `${what} is refused: ${why}`, {
    hint:
      unknown === undefined
        ? 'mlreg help metadata shows what each key holds'
        : `the keys are ${Object.keys(metadataSchema.shape).join(', ')}; put the rest under "extra"`,
  });
}

/** Whether the text is a hash that an entry of `data` may have. */
export function isDataHash(text: string): boolean {
  return hashShape.test(text);
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The value of `--metric k=v`: a finite decimal number. */
export function parseMetricValue(value: string, flag: string): number {
  const number = decimal.test(value) ? Number(value) : Number.NaN;
  if (Number.isFinite(number)) return number;
  throw new MlregError('INVALID_INPUT', `${flag}: ${quote(value)} is not a finite number`, {
    hint: 'write it with a point and no unit: --metric auc=0.93',
  });
}

/** The value of `--param k=v`: a number or boolean where it reads as one and nothing is lost (`2.10` is a text), else the text. */
export function parseParamValue(value: string): string | number | boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  const number = decimal.test(value) ? Number(value) : Number.NaN;
  // A number in scientific notation is never a version or an identifier.
  const lossless = String(number) === value || /^-?\d(?:\.\d*[1-9])?e-?\d+$/i.test(value);
  return Number.isFinite(number) && lossless ? number : value;
}
