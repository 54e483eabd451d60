import { escapeText } from '../../../core/text/quote.ts';

/** Markup of ours. Text becomes markup only through `text`. */
export type Markup = { markup: string };

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Untrusted text, for an element or a quoted attribute. */
export function text(value: string | number): Markup {
  const shown = typeof value === 'number' ? String(value) : escapeText(value);
  return { markup: shown.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '') };
}

/**
 * Markup with values in it: a template tag by which text is always escaped, markup is kept, and the
 * items of a list are joined.
 */
export function markup(parts: TemplateStringsArray, ...values: (Inserted | Inserted[])[]): Markup {
  const inserted = values.map((value) =>
    (Array.isArray(value) ? value : [value]).map((one) => render(one)).join(''),
  );
  return { markup: parts.map((part, at) => part + (inserted[at] ?? '')).join('') };
}

export type Inserted = Markup | string | number;

function render(value: Inserted): string {
  return typeof value === 'object' ? value.markup : text(value).markup;
}

export const nothing: Markup = { markup: '' };

/** Longer texts of others are cut: a page must stay small. */
const longest = 60;

export function short(value: string): string {
  return value.length > longest
    ? `${Array.from(value)
        .slice(0, longest - 1)
        .join('')}…`
    : value;
}

export interface Column {
  head: string;
  number?: boolean;
}

/** A table whose first cell of each row is its heading. */
export function tableOf(caption: string, columns: readonly Column[], rows: readonly Inserted[][]): Markup {
  const side = (at: number): Markup => ({ markup: columns[at]?.number === true ? ' class="n"' : '' });
  return markup`<div class="scroll"><table><caption>${caption}</caption><thead><tr>${columns.map(
    ({ head }, at) => markup`<th scope="col"${side(at)}>${head}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) =>
      markup`<tr>${row.map((cell, at) =>
        at === 0 ? markup`<th scope="row">${cell}</th>` : markup`<td${side(at)}>${cell}</td>`,
      )}</tr>`,
  )}</tbody></table></div>`;
}
