/** Why an image was not read. */
export class ImageError extends Error {
  /** `unknown`: no JPEG, PNG or WebP; `broken`: it cannot be decoded; `large`: more than the limit. */
  readonly kind: 'unknown' | 'broken' | 'large';

  constructor(kind: ImageError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

export type ImageFormat = 'jpeg' | 'png' | 'webp';

/**
 * The format that the first bytes say; undefined: none of the three. Whatever else the decoder could
 * read, such as SVG, TIFF or PDF, never reaches it.
 */
export function imageFormat(bytes: Uint8Array): ImageFormat | undefined {
  const starts = (at: number, ...expected: readonly number[]): boolean =>
    expected.every((byte, index) => bytes[at + index] === byte);
  if (starts(0, 0xff, 0xd8, 0xff)) return 'jpeg';
  if (starts(0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'png';
  // RIFF, four bytes of its size, WEBP.
  if (starts(0, 0x52, 0x49, 0x46, 0x46) && starts(8, 0x57, 0x45, 0x42, 0x50)) return 'webp';
  return undefined;
}
