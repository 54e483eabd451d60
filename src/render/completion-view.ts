import type { View } from './view.ts';

/** A shell script, which a pipe gets as it is: it has no tabs and no characters that are escaped. */
export const completionView: View<{ shell: string; script: string }> = {
  json: (result) => ({ ...result }),
  text: ({ script }) => script.trimEnd(),
  plain: ({ script }) => lines(script).map((line) => [line]),
  quiet: ({ script }) => lines(script),
};

function lines(script: string): string[] {
  return script.trimEnd().split('\n');
}
