import { createHash } from 'node:crypto';
import { escapeText } from '../../core/text/quote.ts';

const style = `
:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}
body{margin:2rem auto;max-width:70rem;padding:0 1rem}
h1{font-size:1.3rem}h2{font-size:1.05rem;margin-top:2rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #8884;white-space:nowrap}
th{font-weight:500;opacity:.7}
pre{overflow-x:auto;padding:.7rem;background:#8881;border-radius:.3rem;white-space:pre-wrap;overflow-wrap:anywhere}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.ok{color:light-dark(#0a7030,#5fd08a)}.bad{color:light-dark(#b3261e,#ff8a80)}
`;

/** The page needs nothing from anywhere: no script, no picture, and this style alone. */
export const pagePolicy =
  `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; ` +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A page without a script. `body` is HTML. */
export function page(
  { title, reloadSeconds }: { title: string; reloadSeconds?: number },
  body: string,
): string {
  const reload =
    reloadSeconds === undefined ? '' : `\n<meta http-equiv="refresh" content="${reloadSeconds}">`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">${reload}
<title>${html(title)}</title>
<style>${style}</style>
${body}
</html>
`;
}

/** A table of cells that are HTML already; a head that begins with # is that of a column of numbers. */
export function table(heads: string[], rows: string[][]): string {
  const isNumber = heads.map((head) => head.startsWith('#'));
  const cell = (tag: string, column: number, content: string): string =>
    `<${tag}${isNumber[column] === true ? ' class="n"' : ''}>${content}</${tag}>`;
  const line = (tag: string, cells: string[]): string =>
    `<tr>${cells.map((content, column) => cell(tag, column, content)).join('')}</tr>`;
  const head = line(
    'th',
    heads.map((name) => name.replace('#', '')),
  );
  return `<div class="scroll"><table>${[head, ...rows.map((row) => line('td', row))].join('\n')}</table></div>`;
}

export function mark(isGood: boolean, word: string): string {
  return `<span class="${isGood ? 'ok' : 'bad'}">${html(word)}</span>`;
}

/** A text that anybody may have written, as HTML. */
export function html(text: string): string {
  return escapeText(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
