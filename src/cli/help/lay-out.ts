const indent = '  ';
/** In a two-column list, a longer term has its description on the next line. */
const widestTerm = 30;
const narrowest = 20;
/** With less room than this for the descriptions, they go below their terms. */
const twoColumns = 36;

/**
 * A heading and the lines under it; empty if there are no lines. Bold if the output has colours:
 * commander strips it otherwise.
 */
export function section(heading: string, lines: string[]): string[] {
  if (lines.length === 0) return [];
  return [`\u001b[1m${heading}\u001b[22m`, ...lines.map((line) => (line === '' ? '' : indent + line)), ''];
}

/**
 * Lines of at most `width` columns with the section's indent, broken between words; lines after the
 * first begin with `hang`.
 */
export function paragraph(text: string, width: number, hang = ''): string[] {
  return text.split('\n').flatMap((part) => wrapWords(part.split(' '), width, hang));
}

/**
 * As `paragraph`, but each of `words` stays on one line even if it contains spaces, such as
 * `[--to STAGE]`.
 */
export function wrapWords(words: string[], width: number, hang = ''): string[] {
  const columns = Math.max(narrowest, width) - indent.length;
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line.trim() === '') line += word;
    else if (line.length + 1 + word.length <= columns) line += ` ${word}`;
    else {
      lines.push(line);
      line = hang + word;
    }
  }
  return [...lines, line];
}

/** Terms and their descriptions, in two columns. Lists with the same `column` are aligned. */
export function definitions(
  items: [term: string, meaning: string][],
  width: number,
  column = columnOf(items),
): string[] {
  const termWidth = width - column < twoColumns ? 4 : column;
  const hang = ' '.repeat(termWidth + 2);
  return items.flatMap(([term, meaning]) => {
    const [first = '', ...more] = paragraph(meaning, width - hang.length).map((line) => hang + line);
    return term.length > termWidth
      ? [term, first, ...more]
      : [term.padEnd(hang.length) + first.trimStart(), ...more];
  });
}

/** The width of the first column of these items. */
export function columnOf(items: [term: string, meaning: string][]): number {
  return Math.max(0, ...items.map(([term]) => term.length).filter((length) => length <= widestTerm));
}
