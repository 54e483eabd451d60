import * as z from 'zod';
import { invalidInput, whyUnfit } from '../core/json/invalid-input.ts';

/** The longest side of the image that a model gets. */
const longestSide = 4096;
/** The most labels, and the longest one. */
const mostLabels = 100_000;
const longestLabel = 1000;

const side = z.int().min(1).max(longestSide);
const sides = (whatNumber: string) =>
  z.union([side, z.tuple([side, side])], {
    error: `must be ${whatNumber}, or [height, width], in whole pixels from 1 to ${longestSide}`,
  });
const perChannel = z.union([z.number(), z.array(z.number()).min(1).max(3)], {
  error: 'must be a number, or a list with a number for each channel',
});
const level = z.number().min(0).max(255);

/** How an image becomes a tensor: `extra.preprocess.image` of a version's metadata. */
const imageSchema = z.strictObject({
  input: z.string().min(1).optional(),
  size: sides('a number, to which the shorter side is scaled'),
  crop: sides('a number, for a square').optional(),
  layout: z.enum(['NCHW', 'NHWC'], { error: 'must be NCHW or NHWC' }).default('NCHW'),
  color: z.enum(['rgb', 'bgr', 'gray'], { error: 'must be rgb, bgr or gray' }).default('rgb'),
  scale: z.number().optional(),
  mean: perChannel.optional(),
  std: perChannel.optional(),
  interpolation: z
    .enum(['nearest', 'bilinear', 'bicubic', 'lanczos'], {
      error: 'must be nearest, bilinear, bicubic or lanczos',
    })
    .default('bilinear'),
  background: z
    .union([level, z.tuple([level, level, level])], {
      error: 'must be a level from 0 to 255, or [red, green, blue]',
    })
    .default(255),
  logits: z.boolean().default(false),
});

const labelsSchema = z
  .array(z.string().min(1).max(longestLabel))
  .min(1)
  .max(mostLabels)
  .refine((labels) => new Set(labels).size === labels.length, { error: 'has a label twice' });

export type ImageSpec = z.infer<typeof imageSchema>;

/** What the metadata of a version says of images. */
export interface ImageMetadata {
  spec: ImageSpec;
  /** Names of the classes, in the order of the scores; undefined: it names none. */
  labels: string[] | undefined;
}

const hint = 'see mlreg help images for the keys, and register a version with other metadata';

/**
 * Reads `preprocess.image` and `labels` of a version's `extra`. INVALID_INPUT, with the place, for what
 * is no such specification, or contradicts itself. `ref`: the version, for messages.
 */
export function parseImageMetadata(extra: unknown, ref: string): ImageMetadata {
  const what = `extra.preprocess.image of ${ref}`;
  const found = imageSchema.safeParse(imagePart(extra));
  if (!found.success) throw invalidInput(what, whyUnfit(found.error), hint);
  const spec = found.data;
  const channels = spec.color === 'gray' ? 1 : 3;
  for (const key of ['mean', 'std'] as const) {
    const given = spec[key];
    if (Array.isArray(given) && given.length !== 1 && given.length !== channels)
      throw invalidInput(
        what,
        `"${key}" has ${given.length} numbers, but "color": "${spec.color}" has ${channels === 1 ? '1 channel' : '3 channels'}`,
        hint,
      );
  }
  if ([spec.std ?? 1].flat().includes(0)) throw invalidInput(what, '"std" must not be 0', hint);
  const [height, width] = pair(spec.size);
  const [cropHeight, cropWidth] = pair(spec.crop ?? spec.size);
  if (cropHeight > height || cropWidth > width)
    throw invalidInput(
      what,
      `"crop" ${cropHeight} x ${cropWidth} does not fit into "size" ${height} x ${width}`,
      hint,
    );
  return { spec, labels: parseLabels(extra, ref) };
}

function parseLabels(extra: unknown, ref: string): string[] | undefined {
  const { labels } = extra as { labels?: unknown };
  if (labels === undefined) return undefined;
  const found = labelsSchema.safeParse(labels);
  if (found.success) return found.data;
  throw invalidInput(`extra.labels of ${ref}`, whyUnfit(found.error), hint);
}

/** `[height, width]` of what may be one number for both. */
export function pair(of: number | [number, number]): [height: number, width: number] {
  return typeof of === 'number' ? [of, of] : of;
}

function imagePart(extra: unknown): unknown {
  return (extra as { preprocess: { image: unknown } }).preprocess.image;
}
