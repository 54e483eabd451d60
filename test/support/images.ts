import sharp from 'sharp';

/** Levels of pixels, row by row, `channels` for each. */
export interface Pixels {
  width: number;
  height: number;
  channels: 1 | 3 | 4;
  data: Uint8Array;
}

/** Levels by a function of column, row and channel. */
export function pixels(
  width: number,
  height: number,
  channels: Pixels['channels'],
  level: (x: number, y: number, channel: number) => number,
): Pixels {
  const data = Uint8Array.from({ length: width * height * channels }, (_, at) => {
    const pixel = Math.floor(at / channels);
    return level(pixel % width, Math.floor(pixel / width), at % channels);
  });
  return { width, height, channels, data };
}

/** An image file. PNG and lossless WebP keep every level; JPEG does not. */
export function encoded(
  { width, height, channels, data }: Pixels,
  format: 'png' | 'webp' | 'jpeg' = 'png',
  orientation?: number,
): Promise<Buffer> {
  let image = sharp(data, { raw: { width, height, channels } });
  if (orientation !== undefined) image = image.withMetadata({ orientation });
  if (format === 'webp') return image.webp({ lossless: true }).toBuffer();
  if (format === 'jpeg') return image.jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
  return image.png().toBuffer();
}
