import { markup, type Inserted, type Markup } from './markup.ts';
import { style } from './style.ts';

export interface Page {
  title: string;
  heading: string;
  summary: string;
  main: Markup;
  footer: Inserted;
}

/**
 * A report in one file: no script, nothing from elsewhere, which its policy also forbids; texts of
 * others are never markup. `sha256` gives the Base64 hash of a text, by which the policy allows the
 * style of the page.
 */
export function pageOf(
  { title, heading, summary, main, footer }: Page,
  sha256: (text: string) => string,
): string {
  const policy = `default-src 'none'; style-src 'sha256-${sha256(style)}'; base-uri 'none'; form-action 'none'`;
  return `${
    markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark"><title>${title}</title><style>${{ markup: style }}</style></head>
<body><header><h1>${heading}</h1><p class="dim">${summary}</p></header><main>${main}</main>
<footer>${footer}</footer></body></html>`.markup
  }\n`;
}
