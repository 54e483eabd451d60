import type { Json } from '../api/verb.ts';
import type { completionOutput } from '../api/verbs/maintain/completion.ts';
import { viewOf } from './view.ts';

/**
 * A shell script, which a pipe gets unchanged: it has no tabs and no characters that are escaped.
 */
export const completionView = viewOf<Json<typeof completionOutput>, Json<typeof completionOutput>>()({
  document: true,
  json: (result) => ({ ...result }),
  text: ({ script }) => script.trimEnd(),
  plain: ({ script }) => lines(script).map((line) => [line]),
  quiet: ({ script }) => lines(script),
});

function lines(script: string): string[] {
  return script.trimEnd().split('\n');
}
