import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ImageError } from '../../src/images/image-error.ts';
import { type ImageInput, planImages } from '../../src/images/image-plan.ts';
import { labelScores } from '../../src/images/label-scores.ts';
import { readImage } from '../../src/images/read-images.ts';
import { encoded, pixels } from '../support/images.ts';
import { failsWith } from '../support/temp-folder.ts';

const open = (name: string, ...shape: (number | null)[]): ImageInput => ({ name, dtype: 'float32', shape });

const planned = (image: object, input: ImageInput = { name: 'x', dtype: 'float32', shape: null }) =>
  planImages({ preprocess: { image } }, [input], 'm@1.0.0');

const read = async (bytes: Uint8Array, image: object, input?: ImageInput) =>
  readImage(bytes, planned(image, input), { seconds: 10 });

const wave = pixels(5, 3, 3, (x, y, channel) => (40 * x + 60 * y + 97 * channel) % 256);
const at = (x: number, y: number, channel: number): number => wave.data[3 * (5 * y + x) + channel] as number;

/** Values of `wave` by their places, as a list. */
function laidOut(
  layout: 'NCHW' | 'NHWC',
  value: (x: number, y: number, channel: number) => number,
): number[] {
  const places = [0, 1, 2].flatMap((a) =>
    layout === 'NCHW'
      ? [0, 1, 2].flatMap((y) => [0, 1, 2, 3, 4].map((x) => [x, y, a] as const))
      : [0, 1, 2, 3, 4].flatMap((x) => [0, 1, 2].map((channel) => [x, a, channel] as const)),
  );
  return places.map(([x, y, channel]) => Math.fround(value(x, y, channel)));
}

test('levels become values by scale, mean and std, in either layout and order of colours', async () => {
  const [mean, std] = [
    [0.485, 0.456, 0.406],
    [0.229, 0.224, 0.225],
  ];
  for (const format of ['png', 'webp'] as const) {
    const bytes = await encoded(wave, format);
    const plain = await read(bytes, { size: [3, 5] });
    assert.deepEqual([plain.type, plain.dims], ['float32', [1, 3, 3, 5]]);
    assert.deepEqual(
      [...plain.data],
      laidOut('NCHW', (x, y, channel) => at(x, y, channel) / 255),
    );
    const nhwc = await read(bytes, { size: [3, 5], layout: 'NHWC', color: 'bgr', scale: 1, mean: [1, 2, 3] });
    assert.deepEqual(nhwc.dims, [1, 3, 5, 3]);
    assert.deepEqual(
      [...nhwc.data],
      laidOut('NHWC', (x, y, channel) => at(x, y, 2 - channel) - (channel + 1)),
    );
    const normal = await read(bytes, { size: [3, 5], mean, std });
    laidOut('NCHW', (x, y, channel) => (at(x, y, channel) / 255 - mean[channel]!) / std[channel]!).forEach(
      (value, index) => assert.ok(Math.abs(value - normal.data[index]!) < 1e-6),
    );
  }
});

test('brightness is what JPEG and Pillow mean by it', async () => {
  const { data } = await read(await encoded(wave), { size: [3, 5], color: 'gray', scale: 1 });
  const expected = Array.from({ length: 15 }, (_, place) => {
    const [red, green, blue] = [0, 1, 2].map((channel) => at(place % 5, Math.floor(place / 5), channel));
    return Math.round(0.299 * red! + 0.587 * green! + 0.114 * blue!);
  });
  assert.deepEqual([...data], expected);
});

test('a gray file fills all channels, and 16 bits become 8', async () => {
  const gray = pixels(4, 4, 1, (x, y) => 16 * (4 * y + x));
  for (const color of ['rgb', 'gray']) {
    const { data } = await read(await encoded(gray), { size: 4, color, scale: 1 });
    const once = [...gray.data];
    assert.deepEqual([...data], color === 'gray' ? once : [...once, ...once, ...once]);
  }
  const { default: sharp } = await import('sharp');
  const deep = await sharp(gray.data, { raw: { width: 4, height: 4, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer();
  assert.equal((await sharp(deep).metadata()).depth, 'ushort');
  const { data } = await read(deep, { size: 4, color: 'gray', scale: 1 });
  assert.deepEqual([...data], [...gray.data]);
});

test('transparent pixels show the background', async () => {
  const glass = pixels(2, 1, 4, (x, _y, channel) => (channel === 3 ? [0, 128][x]! : 200));
  const over = async (background?: unknown) => [
    ...(
      await read(await encoded(glass), {
        size: [1, 2],
        scale: 1,
        ...(background === undefined ? {} : { background }),
      })
    ).data,
  ];
  const mixed = (behind: number): number => (200 * 128 + behind * 127) / 255;
  const near = (values: number[], expected: number[]): void =>
    values.forEach((value, index) => assert.ok(Math.abs(value - expected[index]!) <= 1, values.join()));
  near(await over(), [255, mixed(255), 255, mixed(255), 255, mixed(255)]);
  near(await over([0, 50, 100]), [0, mixed(0), 50, mixed(50), 100, mixed(100)]);
});

test('an image is turned as its EXIF says', async () => {
  const arrow = pixels(16, 8, 1, (x, y) => (x < 8 ? 255 : 0) * (y < 4 ? 1 : 0));
  const { data, dims } = await read(await encoded(arrow, 'jpeg', 6), {
    size: [16, 8],
    color: 'gray',
    scale: 1,
  });
  assert.deepEqual(dims, [1, 1, 16, 8]);
  // Orientation 6: a quarter turn to the right brings the bright corner to the top right.
  const level = (x: number, y: number): number => data[8 * y + x]!;
  assert.deepEqual(
    [level(7, 0), level(4, 7), level(0, 0), level(7, 15)].map((value) => value > 128),
    [true, true, false, false],
  );
});

test('the shorter side is scaled, and the crop is the centre', async () => {
  const long = pixels(40, 20, 1, (x) => 6 * x);
  const { data, dims } = await read(await encoded(long), { size: 10, color: 'gray', scale: 1 });
  assert.deepEqual(dims, [1, 1, 10, 10]);
  // 40 x 20 becomes 20 x 10, of which columns 5 to 14 stay: each covers two of the file and a bit.
  for (let x = 0; x < 10; x++) assert.ok(Math.abs(data[x]! - 6 * (2 * (x + 5) + 0.5)) <= 1, `${data[x]}`);
  const crop = await read(await encoded(long), { size: [20, 40], crop: [2, 4], color: 'gray', scale: 1 });
  assert.deepEqual(
    Array.from(crop.data.slice(0, 4)),
    [18, 19, 20, 21].map((x) => 6 * x),
  );
});

test('a smaller image is the mean of what it covers, by a triangle', async () => {
  const noise = pixels(24, 1, 1, (x) => (x * 7919) % 251);
  const { data } = await read(await encoded(noise), { size: [1, 8], color: 'gray', scale: 1 });
  // A triangle of three pixels to each side of the centre; the pixels at the edges go on outside.
  for (let to = 0; to < 8; to++) {
    const centre = 3 * (to + 0.5);
    let [sum, weights] = [0, 0];
    for (let from = -3; from < 27; from++) {
      const weight = Math.max(0, 1 - Math.abs(from + 0.5 - centre) / 3);
      weights += weight;
      sum += weight * noise.data[Math.min(23, Math.max(0, from))]!;
    }
    assert.ok(Math.abs(data[to]! - sum / weights) <= 2, `${to}: ${data[to]} is not ${sum / weights}`);
  }
});

test('the tensor has the shape that the model wants', async () => {
  const bytes = await encoded(wave);
  const dims = async (image: object, input: ImageInput) => (await read(bytes, image, input)).dims;
  const image = { size: [3, 5] };
  assert.deepEqual(await dims(image, open('x', null, 3, 3, 5)), [1, 3, 3, 5]);
  assert.deepEqual(await dims(image, open('x', null, null, null, null)), [1, 3, 3, 5]);
  assert.deepEqual(await dims(image, open('x', 3, 3, 5)), [3, 3, 5]);
  assert.deepEqual(await dims(image, open('x', null, 45)), [1, 45]);
  assert.deepEqual(await dims({ ...image, color: 'gray' }, open('x', null, 3, 5)), [1, 3, 5]);
  const four = await read(bytes, image, open('x', 4, 3, 3, 5));
  assert.deepEqual([four.dims, four.data.length], [[4, 3, 3, 5], 180]);
  assert.deepEqual(four.data.slice(0, 45), four.data.slice(135));
  const levels = await read(
    bytes,
    { ...image, layout: 'NHWC' },
    { ...open('x', null, 3, 5, 3), dtype: 'uint8' },
  );
  assert.deepEqual(levels.data, wave.data);
});

test('a specification that is wrong or does not fit is refused, with the place', () => {
  const wrong: [image: unknown, message: RegExp, input?: ImageInput][] = [
    [3, /extra\.preprocess\.image of m@1\.0\.0: expected object/],
    [{}, /"size": must be a number, to which the shorter side is scaled, or \[height, width\]/],
    [{ size: 0 }, /"size": must be/],
    [{ size: 5000 }, /"size": must be at most 4096/],
    [{ size: 8, crop: 9 }, /"crop" 9 x 9 does not fit into "size" 8 x 8/],
    [{ size: 8, colour: 'rgb' }, /unknown key "colour"/],
    [{ size: 8, color: 'grey' }, /"color": must be rgb, bgr or gray/],
    [{ size: 8, layout: 'CHW' }, /"layout": must be NCHW or NHWC/],
    [{ size: 8, mean: [1, 2] }, /"mean" has 2 numbers, but "color": "rgb" has 3 channels/],
    [{ size: 8, color: 'gray', std: [1, 2, 3] }, /"std" has 3 numbers, .*1 channel$/],
    [{ size: 8, std: 0 }, /"std" must not be 0/],
    [{ size: 8, background: 300 }, /"background": must be at most 255/],
    [{ size: 8, input: 'y' }, /input of m@1\.0\.0 is "y", but the inputs are "x"/],
    [{ size: 8 }, /is float32 \[N,64\], but extra\.preprocess\.image makes \[N,3,8,8\]/, open('x', null, 64)],
    [
      { size: 8 },
      /is int64 \[N,3,8,8\], but .* makes float32 or uint8/,
      { ...open('x', null, 3, 8, 8), dtype: 'int64' },
    ],
    [
      { size: 8, scale: 1 },
      /cannot have "scale", "mean" or "std"/,
      { ...open('x', null, 3, 8, 8), dtype: 'uint8' },
    ],
  ];
  for (const [image, message, input] of wrong)
    assert.throws(() => planned(image as object, input), failsWith('INVALID_INPUT', message));
  assert.throws(
    () => planImages({ preprocess: { image: { size: 8 } } }, [open('a'), open('b')], 'm@1.0.0'),
    failsWith('INVALID_INPUT', /has 2 inputs to fill: "a", "b"/),
  );
  assert.throws(
    () =>
      planImages(
        { preprocess: { image: { size: 8 } }, labels: ['a', 'a'] },
        [open('a', null, 3, 8, 8)],
        'm@1.0.0',
      ),
    failsWith('INVALID_INPUT', /extra\.labels of m@1\.0\.0: has a label twice/),
  );
});

test('what is no image, is damaged or is too large is refused, and nothing else is decoded', async () => {
  const good = await encoded(
    pixels(64, 64, 3, (x, y, channel) => (x * y * (channel + 3)) % 256),
    'jpeg',
  );
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  const { default: sharp } = await import('sharp');
  const gif = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } })
    .gif()
    .toBuffer();
  /** A PNG that says it has 40,000 x 40,000 pixels. */
  const bomb = await encoded(pixels(8, 8, 1, () => 0));
  bomb.writeUInt32BE(40_000, 16);
  bomb.writeUInt32BE(40_000, 20);
  const { crc32 } = await import('node:zlib');
  bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
  const bad: [bytes: Buffer, kind: ImageError['kind'], message: RegExp][] = [
    [Buffer.alloc(0), 'unknown', /^it is empty$/],
    [svg, 'unknown', /not a JPEG, PNG or WebP/],
    [gif, 'unknown', /not a JPEG, PNG or WebP/],
    [good.subarray(0, 3), 'broken', /^it cannot be decoded as jpeg: /],
    [good.subarray(0, good.length >> 1), 'broken', /^it cannot be decoded as jpeg: /],
    [bomb, 'large', /^it has 40000 x 40000 pixels, and 50 million are the most that are read$/],
  ];
  for (const [bytes, kind, message] of bad)
    await assert.rejects(read(bytes, { size: 8 }), (error: unknown) => {
      assert.ok(error instanceof ImageError, String(error));
      assert.deepEqual([error.kind, message.test(error.message)], [kind, true], error.message);
      return true;
    });
  // Whoever waited behind them gets a turn.
  const all = await Promise.all(Array.from({ length: 20 }, () => read(good, { size: 8 })));
  assert.equal(all.length, 20);
});

test('labels come with their confidence, best first', () => {
  const scores = (values: number[], rest: object = {}) =>
    labelScores([{ name: 'y', type: 'float32', values, classes: undefined }], {
      labels: ['a', 'b', 'c'],
      logits: false,
      top: 2,
      ...rest,
    });
  assert.deepEqual(scores([0.2, 0.7, 0.1]), [
    { label: 'b', confidence: 0.7 },
    { label: 'a', confidence: 0.2 },
  ]);
  const [first] = scores([1, 3, 2], { logits: true })!;
  const expected = Math.exp(3) / (Math.exp(1) + Math.exp(2) + Math.exp(3));
  assert.ok(first!.label === 'b' && Math.abs(first!.confidence - expected) < 1e-6);
  assert.throws(() => scores([1, 3, 2]), /"y" has 3, which is no probability; .*"logits": true/);
  assert.equal(scores([0.5, 0.5]), undefined);
  assert.equal(scores([0.2, 0.7, 0.1], { labels: undefined }), undefined);
});
