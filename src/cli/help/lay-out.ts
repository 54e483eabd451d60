const indent = '  ';
/** Of a two-column list: a longer term has its description on the next line. */
const widestTerm = 30;
const narrowest = 20;
/** Where less is left for the meanings, they stand below their terms. */
const twoColumns = 36;

/**
 * A heading and the lines under it; nothing where there are none. Bold where the output has
 * colours: commander strips it elsewhere.
 */
export function section(heading: string, lines: string[]): string[] {
  if (lines.length === 0) return [];
  return [`\u001b[1m${heading}\u001b[22m`, ...lines.map((line) => (line === '' ? '' : indent + line)), ''];
}

/**
 * Lines of at most `width` columns with the section's indent, broken between words; the second and
 * later ones begin with `hang`.
 */
export function paragraph(text: string, width: number, hang = ''): string[] {
  return text.split('\n').flatMap((part) => wrapWords(part.split(' '), width, hang));
}

/** As `paragraph`, for words that stay whole even with blanks in them, such as `[--to STAGE]`. */
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

/**
 * Terms and what they mean, in two columns. Lists that share a `column` are aligned with each
 * other.
 */
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

/** How wide the first column of these items is. */
export function columnOf(items: [term: string, meaning: string][]): number {
  return Math.max(0, ...items.map(([term]) => term.length).filter((length) => length <= widestTerm));
}
