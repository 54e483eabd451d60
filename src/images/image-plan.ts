import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { type ImageSpec, pair, parseImageMetadata } from './image-spec.ts';

/** An input of a model; null: a size, or a rank, that it leaves open. */
export interface ImageInput {
  name: string;
  dtype: string | null;
  shape: readonly (number | null)[] | null;
}

/** Everything that turns an image into a tensor for one model. */
export interface ImagePlan {
  ref: string;
  input: string;
  dtype: 'float32' | 'uint8';
  /** Of the tensor for `rows` images. */
  dims: number[];
  /** Images in a tensor: 1, or as many as the model insists on. */
  rows: number;
  /** False: the tensor has no dimension for them. */
  batched: boolean;
  height: number;
  width: number;
  channels: 1 | 3;
  layout: ImageSpec['layout'];
  color: ImageSpec['color'];
  /** What the image is scaled to before the crop; a number: its shorter side. */
  size: ImageSpec['size'];
  interpolation: ImageSpec['interpolation'];
  /** Behind transparent pixels. */
  background: [red: number, green: number, blue: number];
  /** The value of each level 0 … 255 in each channel of the tensor, channel after channel. */
  values: Float32Array;
  /** Names of the classes; undefined: the metadata names none. */
  labels: string[] | undefined;
  /** Whether scores become probabilities by softmax. */
  logits: boolean;
}

/**
 * Fits the image specification of a version to the inputs that its callers must give. INVALID_INPUT
 * for a wrong specification, and for one that the model does not take.
 */
export function planImages(extra: unknown, inputs: readonly ImageInput[], ref: string): ImagePlan {
  const { spec, labels } = parseImageMetadata(extra, ref);
  const input = chooseInput(spec, inputs, ref);
  const { name, dtype } = input;
  const [height, width] = pair(spec.crop ?? spec.size);
  const channels = spec.color === 'gray' ? 1 : 3;
  const row = spec.layout === 'NCHW' ? [channels, height, width] : [height, width, channels];
  const dims = fitShape(input, row, [height, width, channels]);
  if (dims === null) throw misfit(input, ref, `[N,${row.join(',')}]`);
  if (dtype !== null && dtype !== 'float32' && dtype !== 'uint8')
    throw misfit(input, ref, 'float32 or uint8');
  const bytes = dtype === 'uint8';
  if (bytes && [spec.scale, spec.mean, spec.std].some((one) => one !== undefined))
    throw new MlregError(
      'INVALID_INPUT',
      `the input ${quote(name)} of ${ref} takes levels as they are (uint8), so extra.preprocess.image cannot have "scale", "mean" or "std"`,
      { hint },
    );
  const { background } = spec;
  return {
    ref,
    input: name,
    dtype: bytes ? 'uint8' : 'float32',
    dims: dims.shape,
    rows: dims.rows,
    batched: dims.batched,
    height,
    width,
    channels,
    layout: spec.layout,
    color: spec.color,
    size: spec.size,
    interpolation: spec.interpolation,
    background: typeof background === 'number' ? [background, background, background] : background,
    values: valuesOf(spec, channels, bytes),
    labels,
    logits: spec.logits,
  };
}

const hint = 'see mlreg help images, and mlreg show for the inputs of the model';

function chooseInput({ input }: ImageSpec, inputs: readonly ImageInput[], ref: string): ImageInput {
  const names = inputs.map(({ name }) => quote(name)).join(', ');
  const found = input === undefined ? inputs[0] : inputs.find(({ name }) => name === input);
  if (found === undefined)
    throw new MlregError(
      'INVALID_INPUT',
      `extra.preprocess.image.input of ${ref} is ${quote(input ?? '')}, but the inputs are ${names}`,
      { hint },
    );
  if (inputs.length === 1) return found;
  throw new MlregError(
    'INVALID_INPUT',
    `${ref} takes no images, because it has ${inputs.length} inputs to fill: ${names}`,
    { hint },
  );
}

/** The shape of the tensor; null: the model takes another. */
function fitShape(
  { shape }: ImageInput,
  row: readonly number[],
  [height, width, channels]: readonly [number, number, number],
): { shape: number[]; rows: number; batched: boolean } | null {
  if (shape === null) return { shape: [1, ...row], rows: 1, batched: true };
  const fits = (sizes: readonly (number | null)[], own: readonly number[]): boolean =>
    sizes.length === own.length && sizes.every((size, at) => size === null || size === own[at]);
  const [batch = null, ...rest] = shape;
  const flat = [height * width * channels];
  const ways = [row, flat, ...(channels === 1 ? [[height, width]] : [])];
  const batched = ways.find((own) => fits(rest, own));
  if (batched !== undefined) return { shape: [batch ?? 1, ...batched], rows: batch ?? 1, batched: true };
  const alone = ways.find((own) => fits(shape, own));
  return alone === undefined ? null : { shape: [...alone], rows: 1, batched: false };
}

function misfit({ name, dtype, shape }: ImageInput, ref: string, makes: string): MlregError {
  const sizes = shape === null ? '' : ` [${shape.map((size) => size ?? 'N').join(',')}]`;
  return new MlregError(
    'INVALID_INPUT',
    `the input ${quote(name)} of ${ref} is ${dtype ?? 'of any type'}${sizes}, but extra.preprocess.image makes ${makes}`,
    { hint },
  );
}

/** `(level * scale - mean) / std`, as torchvision's ToTensor and Normalize do; bytes stay as they are. */
function valuesOf({ scale, mean = 0, std = 1 }: ImageSpec, channels: number, bytes: boolean): Float32Array {
  const factor = bytes ? 1 : (scale ?? 1 / 255);
  const of = (list: number | number[], channel: number): number => {
    const all = [list].flat();
    return all[channel] ?? all[0] ?? 0;
  };
  return Float32Array.from({ length: 256 * channels }, (_, at) => {
    const channel = at >> 8;
    return ((at & 255) * factor - of(mean, channel)) / of(std, channel);
  });
}
