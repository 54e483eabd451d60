import { availableParallelism } from 'node:os';
import { decodeImage, fillTensor, mostPixels } from './decode-image.ts';
import { ImageError } from './image-error.ts';
import type { ImagePlan } from './image-plan.ts';
import { loadSharp } from './load-sharp.ts';

/** A tensor of images. */
export interface ImageTensor {
  type: ImagePlan['dtype'];
  dims: number[];
  data: Float32Array | Uint8Array;
}

/** libuv's threads, of which one is left for files and packed bodies. */
const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4) || 4;
const mostAtOnce = Math.max(1, Math.min(threads - 1, availableParallelism()));

/**
 * What is decoded at a time in this process: few images, and together no more pixels than the largest
 * one may have, so that neither memory nor libuv's threads are used up.
 */
let running = 0;
let pixelsRunning = 0;
const waiting: { pixels: number; start: () => void }[] = [];

function startWaiting(): void {
  for (let next = waiting[0]; next !== undefined && fits(next.pixels); next = waiting[0]) {
    waiting.shift();
    running += 1;
    pixelsRunning += next.pixels;
    next.start();
  }
}

function fits(pixels: number): boolean {
  return running < mostAtOnce && pixelsRunning + pixels <= mostPixels;
}

/**
 * Reads an image into a tensor for a model. A model that insists on several rows gets the image as each
 * of them. Rejects an `ImageError` for a bad image, and NOT_FOUND without sharp. `isGone`: nobody waits
 * for it any more.
 */
export async function readImage(
  bytes: Uint8Array,
  plan: ImagePlan,
  { seconds, isGone }: { seconds: number; isGone?: (() => boolean) | undefined },
): Promise<ImageTensor> {
  const sharp = await loadSharp();
  let held = -1;
  try {
    const levels = await decodeImage(sharp, bytes, plan, {
      seconds,
      room: async (pixels) => {
        await new Promise<void>((start) => {
          waiting.push({ pixels, start });
          startWaiting();
        });
        held = pixels;
        if (isGone?.() === true) throw new ImageError('broken', 'nobody waits for it');
      },
    });
    return tensorOf(levels, plan);
  } finally {
    if (held >= 0) {
      running -= 1;
      pixelsRunning -= held;
      startWaiting();
    }
  }
}

function tensorOf(levels: Uint8Array, plan: ImagePlan): ImageTensor {
  const { dtype, dims, rows, channels, height, width } = plan;
  const each = channels * height * width;
  const data = dtype === 'uint8' ? new Uint8Array(rows * each) : new Float32Array(rows * each);
  fillTensor(levels, plan, data, 0);
  for (let row = 1; row < rows; row++) data.copyWithin(row * each, 0, each);
  return { type: dtype, dims: [...dims], data };
}
