import type { Json } from '../../api/verb.ts';
import type { cardOutput } from '../../api/verbs/inspect/card.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { ShowResult } from '../../registry/inspect/show.ts';
import { cardMarkdown } from './card-markdown.ts';
import { viewOf } from '../view.ts';

export interface Card {
  version: ShowResult;
  /** The file that it was written to; null if it is printed. */
  file: string | null;
  /** Whether printing was requested. */
  asked: boolean;
}

export const cardView = viewOf<Card, Json<typeof cardOutput>>()({
  document: true,
  json: ({ version, file }) => ({ ref: version.ref, file, markdown: cardMarkdown(version) }),
  text: (card, { color }) =>
    card.file === null
      ? cardMarkdown(card.version)
      : `${color.green('✓')} wrote the card of ${color.bold(card.version.ref)} to ${escapeText(card.file)}`,
  // Markdown even in a pipe: users redirect a card into a file.
  plain: ({ version, file }) =>
    file === null
      ? cardMarkdown(version)
          .split('\n')
          .map((line) => [line])
      : [['file', file]],
  quiet: ({ version, file, asked }) => (asked ? cardMarkdown(version).split('\n') : [file ?? version.ref]),
});
