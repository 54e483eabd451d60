import { readFileSync } from 'node:fs';
import type { topics } from './topics.ts';

/**
 * The guide `topics/NAME.md` for a terminal. The build copies it to the same path beside the
 * bundle.
 */
export function topicText(name: keyof typeof topics): string {
  return asText(readFileSync(new URL(`./topics/${name}.md`, import.meta.url), 'utf8'));
}

/**
 * Markdown without its title and mark-up: code blocks are indented by two spaces, and are otherwise
 * unchanged.
 */
function asText(markdown: string): string {
  const [, ...parts] = markdown.split(/^# .*\n\n|^```\w*\n/m);
  return parts.map((part, index) => (index % 2 === 0 ? prose(part) : indented(part))).join('');
}

function prose(text: string): string {
  return text.replaceAll('`', '');
}

function indented(block: string): string {
  return block.replaceAll(/^(?=.)/gm, '  ');
}
