import { isMlregError, MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { Signature } from '../../core/versions/signature.ts';
import { withFile } from '../file/bytes.ts';
import { headBytes, parseNpyHeader, readNpy, type NpyHeader } from '../npz/npy-array.ts';
import { listZip, zipChunks, zipHead, type ZipEntry } from '../npz/zip-archive.ts';
import type { Tolerance } from '../tensors/compare-tensors.ts';
import type { CaseUse, GivenCase, GivenValue } from './golden-case.ts';

type Side = 'input' | 'output';

/** What an array is: a value of a case, or a tolerance of all. */
type Place = { number: string | null; side: Side; name: string } | { tolerance: keyof Tolerance };

/**
 * The cases of a NumPy archive (`numpy.savez`). An array is named like the input or output of the
 * model that it is for, or `input/NAME` and `output/NAME`; with several cases, each array has a
 * case number before that: `0/NAME`, `1/NAME`. Arrays `atol` and `rtol` of one element are the
 * tolerance. INVALID_INPUT says what is wrong; `path` is the file's name in that message. For
 * `feeds`, outputs are not read.
 */
export function readGoldenNpz(
  location: string,
  path: string,
  signature: Signature,
  use: CaseUse,
): GivenCase[] {
  const where = quote(path);
  const entries = said(where, () => withFile(location, listZip));
  const cases = new Map<string, { inputs: Map<string, GivenValue>; outputs: Map<string, GivenValue> }>();
  const tolerance: Partial<Tolerance> = {};
  const numbered = new Set<boolean>();
  for (const entry of entries) {
    const array = `${where}: array ${quote(arrayName(entry))}`;
    const place = placeOf(arrayName(entry), signature, array);
    const value = valueIn(location, entry, array);
    if ('tolerance' in place) {
      tolerance[place.tolerance] = readBound(value);
      continue;
    }
    if (place.side === 'output' && use === 'feeds') continue;
    numbered.add(place.number !== null);
    const key = String(Number(place.number ?? 0));
    const one = cases.get(key) ?? { inputs: new Map(), outputs: new Map() };
    cases.set(key, one);
    const values = place.side === 'input' ? one.inputs : one.outputs;
    const earlier = values.get(place.name);
    if (earlier !== undefined)
      throw refuse(array, `duplicate value for ${place.side} ${quote(place.name)}: also in ${earlier.where}`);
    values.set(place.name, value);
  }
  if (numbered.size > 1) throw refuse(where, 'some arrays have a case number, and others have none');
  if (cases.size === 0) throw refuse(where, 'it has no arrays for the model');
  return [...cases]
    .toSorted(([a], [b]) => Number(a) - Number(b))
    .map(([key, values]) => {
      const name = `cases[${key}]`;
      return { name, where: `${where}: ${name}`, ...values, tolerance };
    });
}

function arrayName({ name }: ZipEntry): string {
  return name.replace(/\.npy$/, '');
}

/** A name of the model itself always wins: `input/X` may be one. */
function placeOf(name: string, signature: Signature, where: string): Place {
  const own = ownPlace(name, signature, where);
  if (own !== undefined) return { number: null, ...own };
  const [, number, rest = ''] = /^(\d{1,9})\/(.+)$/s.exec(name) ?? [];
  const numbered = number === undefined ? undefined : ownPlace(rest, signature, where);
  if (number !== undefined && numbered !== undefined) return { number, ...numbered };
  if (name === 'atol' || name === 'rtol') return { tolerance: name };
  const names = (['inputs', 'outputs'] as const).map(
    (side) => `${side}: ${signature[side].map((one) => quote(one.name)).join(', ') || 'none'}`,
  );
  throw refuse(where, `the model has no input or output of this name; its ${names.join('; its ')}`);
}

function ownPlace(
  name: string,
  { inputs, outputs }: Signature,
  where: string,
): { side: Side; name: string } | undefined {
  const has = (values: readonly { name: string }[]): boolean => values.some((one) => one.name === name);
  if (has(inputs) && has(outputs))
    throw refuse(where, `${quote(name)} is an input and an output: name it input/${name} or output/${name}`);
  if (has(inputs)) return { side: 'input', name };
  if (has(outputs)) return { side: 'output', name };
  const [, side, rest = ''] = /^(input|output)\/(.+)$/s.exec(name) ?? [];
  return side === undefined ? undefined : { side: side as Side, name: rest };
}

function valueIn(location: string, entry: ZipEntry, where: string): GivenValue {
  const header = (): NpyHeader =>
    withFile(location, (source) => parseNpyHeader(zipHead(source, entry, headBytes), entry.size));
  const load = () => {
    const parsed = header();
    return withFile(location, (source) => {
      const bytes = new Uint8Array(entry.size);
      let done = 0;
      for (const chunk of zipChunks(source, entry)) {
        bytes.set(chunk, done);
        done += chunk.length;
      }
      return readNpy(bytes, parsed);
    });
  };
  return {
    where,
    fileBytes: entry.size,
    head: () => said(where, header),
    check: () => void said(where, load),
    load: () => said(where, load),
  };
}

function readBound(value: GivenValue): number {
  const { data } = value.load();
  const bound = Number(data[0]);
  if (data.length === 1 && typeof data[0] !== 'string' && bound >= 0 && Number.isFinite(bound)) return bound;
  throw refuse(value.where, 'a tolerance must be one number of at least 0');
}

/** Names the place in the errors of the readers, which say only the reason. */
function said<Result>(where: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    if (!isMlregError(cause, 'INVALID_INPUT')) throw cause;
    throw refuse(where, cause.message, cause);
  }
}

function refuse(where: string, why: string, cause?: unknown): MlregError {
  return new MlregError('INVALID_INPUT', `${where}: ${why}`, {
    hint: "write it with Python: numpy.savez('golden.npz', **{'input/X': x, 'output/y': y})",
    cause,
  });
}
