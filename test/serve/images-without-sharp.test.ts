import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { test } from 'node:test';
import { openImages } from '../../src/serve/slots/version-images.ts';

test('without sharp, images are refused, and it is said what to install', async (t) => {
  const hooks = registerHooks({
    resolve: (name, context, next) => {
      if (name === 'sharp') throw new Error("Cannot find package 'sharp'\nand more lines");
      return next(name, context);
    },
  });
  t.after(() => hooks.deregister());
  const warnings: string[] = [];
  const images = await openImages(
    { preprocess: { image: { size: 8 } } },
    [{ name: 'x', dtype: 'float32', shape: [null, 3, 8, 8] }],
    { ref: 'm@1.0.0', deadlineMs: 1000, warn: (text) => void warnings.push(text) },
  );
  const why =
    "m@1.0.0 takes no images: images need sharp, which is not installed or failed to load: Cannot find package 'sharp'";
  assert.deepEqual(images, { status: 501, why });
  assert.deepEqual(warnings, [
    `${why} (npm install sharp  (npm install -g sharp if mlreg was installed with -g))`,
  ]);
});
