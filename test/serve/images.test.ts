import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import type { RunningServer } from '../../src/serve/running-server.ts';
import { encoded, pixels } from '../support/images.ts';
import { ask, post, serving, type Answer } from '../support/served.ts';
import { fixture, type Cleanup } from '../support/temp-folder.ts';
import { add, tempRegistry, type TempRegistry } from '../support/temp-registry.ts';

const golden = JSON.parse(readFileSync(fixture('digits_mlp/golden.json'), 'utf8')) as {
  cases: { inputs: { X: { data: number[] } }; outputs: { label: { data: number[] } } }[];
};
const { inputs, outputs } = golden.cases[0]!;
const digit = (at: number): number[] => inputs.X.data.slice(64 * at, 64 * (at + 1));
const labels = outputs.label.data;

/** A digit as a picture: its values go from 0 to 16. */
const picture = (at: number) => pixels(8, 8, 1, (x, y) => Math.round((digit(at)[8 * y + x]! * 255) / 16));
/** What the model should get from it. */
const valuesOf = (at: number): number[] => [...picture(at).data].map((level) => (level * 16) / 255);

const image = { size: [8, 8], color: 'gray', scale: 16 / 255 };
const names = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

interface Prediction {
  file?: string;
  label: string;
  confidence: number;
  top: { label: string; confidence: number }[];
  probabilities?: number[];
}
const predictions = ({ json, status }: Answer): Prediction[] => {
  assert.equal(status, 200, json.error);
  return json['predictions'] as Prediction[];
};

suite('images', () => {
  const done: (() => unknown)[] = [];
  const cleanup: Cleanup = { after: (one) => void done.unshift(one) };
  let registry: TempRegistry;
  let server: RunningServer;
  const warnings: string[] = [];

  before(async () => {
    registry = await tempRegistry(cleanup);
    const model = fixture('digits_mlp/model.onnx');
    const extras: Record<string, unknown> = {
      digits: { preprocess: { image }, labels: names },
      wrong: { preprocess: { image: { size: [9, 8], color: 'gray' } } },
      plain: {},
    };
    for (const [name, extra] of Object.entries(extras))
      await add(registry, name, model, { metadata: { extra: extra as never } });
    await add(registry, 'scan', fixture('digits_conv_external'), {
      metadata: { extra: { preprocess: { image } } as never },
    });
    server = await serving(cleanup, registry, [...Object.keys(extras), 'scan'], {
      warn: (warning) => void warnings.push(warning),
      maxBodyBytes: 200_000,
    });
  });
  after(async () => {
    for (const one of done) await one();
  });

  const send = (path: string, body: Uint8Array | FormData, type?: string): Promise<Answer> =>
    ask(server, path, {
      method: 'POST',
      body: body as never,
      ...(type === undefined ? {} : { headers: { 'Content-Type': type } }),
    });

  test('a picture is answered as the numbers that it holds', async () => {
    for (const [format, type] of [
      ['png', 'image/png'],
      ['webp', 'image/webp'],
      ['png', 'application/octet-stream'],
      // As curl sends what it is not told about.
      ['png', 'application/x-www-form-urlencoded'],
    ] as const) {
      const [{ label, confidence, top } = assert.fail()] = predictions(
        await send('/predict/digits?top=3', await encoded(picture(0), format), type),
      );
      const { json } = await post(server, '/predict/plain', { features: valuesOf(0) });
      const [{ probabilities }] = json['predictions'] as [{ probabilities: number[] }];
      const best = probabilities.map((value, at) => ({ value, at })).toSorted((a, b) => b.value - a.value);
      assert.equal(label, names[labels[0]!]);
      assert.deepEqual(
        top.map((one) => one.label),
        best.slice(0, 3).map(({ at }) => names[at]),
      );
      top.forEach((one, at) => assert.ok(Math.abs(one.confidence - best[at]!.value) < 1e-5));
      assert.equal(confidence, top[0]!.confidence);
    }
  });

  test('a form has a picture in each file, which are answered in order', async () => {
    const form = new FormData();
    for (let at = 0; at < 5; at++)
      form.append('image', new File([await encoded(picture(at))], `${at} "é".png`));
    const answer = await send('/predict/digits/versions/1.0.0', form);
    assert.deepEqual(
      predictions(answer).map(({ file, label }) => [file, label]),
      labels.slice(0, 5).map((label, at) => [`${at} "é".png`, names[label]]),
    );
    assert.equal(answer.json['model_version'], '1.0.0');
    assert.equal(predictions(answer)[0]!.top.length, 5);
  });

  test('a convolution gets its image as it is; without labels the outputs are the answer', async () => {
    const [raw] = predictions(await send('/predict/scan', await encoded(picture(1)), 'image/png'));
    assert.equal(raw!.label, labels[1]);
    assert.equal(raw!.probabilities!.length, 10);
  });

  test('the OpenAPI document says who takes pictures', async () => {
    const { json } = await ask(server, '/openapi.json');
    const paths = json['paths'] as Record<string, { post: { requestBody: { content: object } } }>;
    const takes = (name: string): boolean =>
      'image/png' in paths[`/predict/${name}`]!.post.requestBody.content;
    assert.deepEqual(['digits', 'scan', 'plain', 'wrong'].map(takes), [true, true, false, false]);
  });

  test('what is no picture is refused, with the reason', async () => {
    const png = await encoded(picture(0));
    const two = new FormData();
    two.append('a', new File([png], 'good.png'));
    two.append('b', new File([png.subarray(0, 60)], 'cut.png'));
    const field = new FormData();
    field.append('name', 'value');
    const many = new FormData();
    for (let at = 0; at < 65; at++) many.append('image', new File(['x'], 'x.png'));
    const cases: [
      path: string,
      body: Uint8Array | FormData,
      type: string | undefined,
      status: number,
      error: RegExp,
    ][] = [
      [
        '/predict/digits',
        Buffer.from('GIF89a'),
        'image/gif',
        415,
        /^the image: it is not a JPEG, PNG or WebP$/,
      ],
      ['/predict/digits', png.subarray(0, 60), 'image/png', 400, /^the image: it cannot be decoded as png/],
      ['/predict/digits', Buffer.alloc(0), 'image/png', 415, /^the image: it is empty$/],
      ['/predict/digits', two, undefined, 400, /^the image "cut\.png": it cannot be decoded as png/],
      ['/predict/digits', field, undefined, 400, /the field "name", which is no file: -F name=@FILE/],
      ['/predict/digits', new FormData(), undefined, 400, /no file/],
      ['/predict/digits', many, undefined, 400, /more than 64 files/],
      ['/predict/digits', Buffer.from('--x\r\nhello'), 'multipart/form-data; boundary=x', 400, /cut off/],
      ['/predict/digits', png, 'multipart/form-data', 400, /needs a boundary/],
      ['/predict/digits?top=0', png, 'image/png', 400, /top="0" must be a number from 1 to 1000/],
      ['/predict/digits?on-missing=nan', png, 'image/png', 400, /unknown parameter "on-missing"/],
      ['/predict/digits', Buffer.alloc(200_001), 'image/png', 413, /larger than 200000 bytes/],
      [
        '/predict/plain',
        png,
        'image/png',
        415,
        /^plain@1\.0\.0 takes no images: its metadata has no extra\.preprocess\.image/,
      ],
      [
        '/predict/wrong',
        png,
        'image/png',
        501,
        /^wrong@1\.0\.0 takes no images: the input "X" .* makes \[N,1,9,8\]/,
      ],
      ['/predict/none', png, 'image/png', 404, /no model "none"/],
    ];
    for (const [path, body, type, status, error] of cases) {
      const answer = await send(path, body, type);
      assert.deepEqual(
        [answer.status, error.test(answer.json.error ?? '')],
        [status, true],
        `${path} ${answer.json.error}`,
      );
    }
    assert.equal(predictions(await send('/predict/digits', png, 'image/png')).length, 1);
  });

  test('a specification that does not fit is said at the start, and the version takes numbers', async () => {
    assert.match(warnings.join('\n'), /^wrong@1\.0\.0 takes no images: .* \(see mlreg help images/);
    assert.equal(predictions(await post(server, '/predict/wrong', { features: digit(0) })).length, 1);
  });

  test('many at a time are all answered, and those above the limits are told so', async () => {
    const bodies = await Promise.all([0, 1, 2, 3].map(async (at) => encoded(picture(at))));
    const answers = await Promise.all(
      Array.from({ length: 120 }, (_, at) => send('/predict/digits', bodies[at % 4]!, 'image/png')),
    );
    answers.forEach((answer, at) => assert.equal(predictions(answer)[0]!.label, names[labels[at % 4]!]));
  });
});
