import { escapeText } from '../core/text/quote.ts';

/**
 * JSON that is safe to show: characters that could move, hide or reorder text on a terminal, and
 * text that GitHub's runner could take for a command, are escaped. It parses to the same value.
 */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent)
    .replaceAll(/[^\0-~]/gu, (character) =>
      escapeText(character) === character ? character : spelled(character),
    )
    .replaceAll('##[', '#\\u0023[');
}

function spelled(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
