import * as z from 'zod';
import { reference } from '../../../schemas/kinds.ts';
import { reading } from '../../../schemas/result.ts';
import { defineOutput } from '../../verb.ts';

/** @internal */
export { show } from '../../../registry/inspect/show.ts';

/** Another form of the result of `show`. */
export const cardOutput = /* @__PURE__ */ defineOutput({
  name: 'card',
  output: () =>
    reading('card', {
      ref: reference,
      file: z.string().nullable().describe('Output file; null: printed'),
      markdown: z.string().describe('The card'),
    }),
});
