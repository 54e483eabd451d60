import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../src/cli/help/topics');

/** Names of the guides that are there. */
export const guideNames = readdirSync(folder).map((file) => file.replace(/\.md$/, ''));

/** The Markdown of a guide. */
export function guide(name: string): string {
  return readFileSync(join(folder, `${name}.md`), 'utf8');
}

/** The fenced blocks of a language in Markdown, in order. */
export function codeBlocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, name, text]) =>
    name === language ? [text ?? ''] : [],
  );
}
