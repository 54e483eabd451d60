import type { Sharp } from './load-sharp.ts';
import { ImageError, imageFormat } from './image-error.ts';
import { pair } from './image-spec.ts';
import type { ImagePlan } from './image-plan.ts';

/** More pixels are not decoded: four bytes each, before they are scaled down. */
export const mostPixels = 50_000_000;

export interface DecodeOptions {
  /** Whole seconds after which decoding is given up. */
  seconds: number;
  /** Called with the pixels of the image before they are decoded; resolves when there is room. */
  room?: ((pixels: number) => Promise<void>) | undefined;
}

const kernels = { nearest: 'nearest', bilinear: 'linear', bicubic: 'cubic', lanczos: 'lanczos3' } as const;

/**
 * Decodes a JPEG, PNG or WebP in a thread of libuv, and gives its levels as the model's spec says:
 * upright (EXIF), scaled, cropped around its centre, transparent pixels over the background; red,
 * green and blue of each pixel in turn, or its brightness. Rejects an `ImageError`.
 */
export async function decodeImage(
  sharp: Sharp,
  bytes: Uint8Array,
  { size, interpolation, height, width, background, channels }: ImagePlan,
  { seconds, room }: DecodeOptions,
): Promise<Uint8Array> {
  const format = imageFormat(bytes);
  if (format === undefined)
    throw new ImageError('unknown', bytes.length === 0 ? 'it is empty' : 'it is not a JPEG, PNG or WebP');
  const options = {
    failOn: 'error',
    // What is larger is refused below, in our own words.
    limitInputPixels: mostPixels,
    autoOrient: true,
    // Neither do the libraries that models are trained with.
    ignoreIcc: true,
    sequentialRead: true,
  } as const;
  try {
    const { autoOrient, hasAlpha } = await sharp(bytes, { ...options, limitInputPixels: false }).metadata();
    const pixels = autoOrient.width * autoOrient.height;
    if (pixels > mostPixels)
      throw new ImageError(
        'large',
        `it has ${autoOrient.width} x ${autoOrient.height} pixels, and ${mostPixels / 1e6} million are the most that are read`,
      );
    await room?.(pixels);
    const scaled = scaledSize(size, autoOrient);
    let image = sharp(bytes, options).timeout({ seconds });
    if (hasAlpha) {
      const [r, g, b] = background;
      image = image.flatten({ background: { r, g, b } });
    }
    const { data, info } = await image
      .toColourspace('srgb')
      .resize(scaled.width, scaled.height, {
        fit: 'fill',
        kernel: kernels[interpolation],
        // The smaller picture that decoders can make on their way differs from one that is scaled.
        fastShrinkOnLoad: false,
      })
      .extract({
        left: Math.floor((scaled.width - width) / 2),
        top: Math.floor((scaled.height - height) / 2),
        width,
        height,
      })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return levelsOf(data, info.channels, height * width, channels);
  } catch (error) {
    if (error instanceof ImageError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new ImageError('broken', `it cannot be decoded as ${format}: ${oneLine(why)}`);
  }
}

/** As torchvision's Resize: a number is the shorter side, and the longer one is cut to whole pixels. */
function scaledSize(
  size: ImagePlan['size'],
  image: { width: number; height: number },
): { width: number; height: number } {
  const [height, width] = pair(size);
  if (typeof size !== 'number') return { height, width };
  return image.width <= image.height
    ? { width, height: Math.max(height, Math.floor((size * image.height) / image.width)) }
    : { height, width: Math.max(width, Math.floor((size * image.width) / image.height)) };
}

/** Brightness as JPEG and Pillow have it (ITU-R BT.601), rounded; grey images can come as one channel. */
function levelsOf(data: Uint8Array, given: number, pixels: number, channels: 1 | 3): Uint8Array {
  if (given === channels) return data;
  const out = new Uint8Array(pixels * channels);
  for (let at = 0; at < pixels; at++) {
    const from = at * given;
    const red = data[from] as number;
    if (given < 3) out.fill(red, at * channels, (at + 1) * channels);
    else if (channels === 3) out.set(data.subarray(from, from + 3), at * 3);
    else
      out[at] =
        (red * 19_595 + (data[from + 1] as number) * 38_470 + (data[from + 2] as number) * 7471 + 0x8000) >>
        16;
  }
  return out;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
}

/** Writes one image's levels as the values of the model's input, in its layout and order of colours. */
export function fillTensor(
  levels: Uint8Array,
  { channels, height, width, layout, color, values }: ImagePlan,
  out: Float32Array | Uint8Array,
  offset: number,
): void {
  const pixels = height * width;
  const [perPixel, perChannel] = layout === 'NCHW' ? [1, pixels] : [channels, 1];
  for (let channel = 0; channel < channels; channel++) {
    const source = color === 'bgr' ? 2 - channel : channel;
    const own = values.subarray(256 * channel, 256 * (channel + 1));
    let to = offset + channel * perChannel;
    for (let from = source; from < pixels * channels; from += channels, to += perPixel)
      out[to] = own[levels[from] as number] as number;
  }
}
