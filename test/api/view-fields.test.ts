import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import type { Json } from '../../src/api/verb.ts';
import { viewOf } from '../../src/render/view.ts';
import { changing } from '../../src/schemas/result.ts';

/** The type check is the test: each of these lines is an error there, or the check fails. */
const example = {
  output: () =>
    changing('example', {
      ref: z.string(),
      items: z.array(z.strictObject({ name: z.string(), note: z.string().optional() })),
      extra: z.json(),
    }),
};
type Fields = Json<typeof example>;
interface Result {
  ref: string;
  names: string[];
}

const others = {
  text: ({ ref }: Result) => ref,
  plain: ({ ref }: Result) => [[ref]],
  quiet: ({ ref }: Result) => [ref],
};
const item = { name: 'a', note: 'b' };

test('a view gives the fields of its schema, no others, and all of them', () => {
  const view = viewOf<Result, Fields>()({
    ...others,
    json: ({ ref, names }) => ({
      ref,
      items: names.map((name) => ({ name, ...(name === '' ? {} : { note: name }) })),
      extra: { any: [1] },
    }),
  });
  const { items } = view.json({ ref: 'a@1.0.0', names: ['a'] });
  assert.deepEqual(items, [{ name: 'a', note: 'a' }]);

  // @ts-expect-error the schema has no `names`
  viewOf<Result, Fields>()({ ...others, json: (result) => ({ ...result, items: [item], extra: null }) });

  viewOf<Result, Fields>()(
    // @ts-expect-error the schema has no `size` in an item
    { ...others, json: ({ ref }) => ({ ref, items: [{ ...item, size: 1 }], extra: null }) },
  );

  viewOf<Result, Fields>()(
    // @ts-expect-error `note`, which the schema has, is never given
    { ...others, json: ({ ref }) => ({ ref, items: [{ name: 'a' }], extra: null }) },
  );

  // @ts-expect-error `items` is missing
  viewOf<Result, Fields>()({ ...others, json: ({ ref }) => ({ ref, extra: null }) });
});
