const longest = 80;
/**
 * C0 and C1 controls, line and paragraph separators, bidi overrides and isolates, invisible
 * joiners, lone surrogates.
 */
const unsafe =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * Makes untrusted text safe for a terminal: characters that could move, hide or reorder text become
 * `\u{…}`.
 */
export function escapeText(text: string): string {
  return text.replace(unsafe, (character) => `\\u{${character.charCodeAt(0).toString(16).padStart(2, '0')}}`);
}

/** As `escapeText`, but newlines and tabs stay: for multi-line text. */
export function escapeLines(text: string): string {
  return text.replace(unsafe, (character) =>
    character === '\n' || character === '\t' ? character : escapeText(character),
  );
}

/** A text as one word of a POSIX shell command. */
export function shellWord(text: string): string {
  const shown = escapeText(text);
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", String.raw`'\''`)}'`;
}

/** A received value for an error message: escaped, shortened and quoted. */
export function quote(text: string): string {
  const shown = text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text;
  return `"${escapeText(shown)}"`;
}
