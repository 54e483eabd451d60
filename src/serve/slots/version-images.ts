import { isMlregError } from '../../core/errors.ts';
import { ImageError } from '../../images/image-error.ts';
import { type ImageInput, planImages } from '../../images/image-plan.ts';
import { loadSharp } from '../../images/load-sharp.ts';
import { readImage } from '../../images/read-images.ts';
import { Refusal } from '../engine/refusal.ts';
import type { ServedVersion, VersionImages } from '../served.ts';

/** Images that wait or are decoded in this process; one more is refused with 429. */
const mostPending = 256;
let pending = 0;

/**
 * How a version takes images, by its metadata. One that cannot be used leaves the version to those who
 * send tensors, and warns.
 */
export async function openImages(
  extra: unknown,
  inputs: readonly ImageInput[],
  { ref, deadlineMs, warn }: { ref: string; deadlineMs: number; warn?: ((text: string) => void) | undefined },
): Promise<ServedVersion['images']> {
  try {
    const plan = planImages(extra, inputs, ref);
    await loadSharp();
    return { plan, read: (bytes, isGone) => read(bytes, plan, deadlineMs, isGone) };
  } catch (error) {
    if (!isMlregError(error, 'INVALID_INPUT') && !isMlregError(error, 'NOT_FOUND')) throw error;
    const why = `${ref} takes no images: ${error.message}`;
    warn?.(`${why} (${error.hint ?? 'see mlreg help images'})`);
    return { status: 501, why };
  }
}

async function read(
  bytes: Uint8Array,
  plan: VersionImages['plan'],
  deadlineMs: number,
  isGone: () => boolean,
): ReturnType<VersionImages['read']> {
  if (pending >= mostPending) throw new Refusal(429, `${mostPending} images are waiting already`);
  pending += 1;
  const since = performance.now();
  const isLate = (): boolean => performance.now() - since > deadlineMs;
  try {
    const seconds = Math.max(1, Math.ceil(deadlineMs / 1000));
    const tensor = await readImage(bytes, plan, { seconds, isGone: () => isGone() || isLate() });
    if (!isLate()) return tensor;
    throw tooLate(deadlineMs);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    if (isLate()) throw tooLate(deadlineMs);
    throw new Refusal(error.kind === 'unknown' ? 415 : error.kind === 'large' ? 413 : 400, error.message);
  } finally {
    pending -= 1;
  }
}

function tooLate(deadlineMs: number): Refusal {
  return new Refusal(504, `the image was not decoded within ${deadlineMs} ms`);
}
