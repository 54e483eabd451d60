import { shortDigest } from '../../core/versions/artifact.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { CompareResult, ComparedVersion } from '../../registry/inspect/compare.ts';
import { marks, paint, percent } from './change.ts';
import type { Side } from './compare-rows.ts';
import { compareSections, leftOut, titlesOf, type Section } from './compare-sections.ts';
import { signaturesText } from './compare-signatures.ts';
import { bytes, hanging, relativeTime } from '../format.ts';
import { columnsThatFit, gap, table, visibleWidth, type Heading } from '../table.ts';
import type { Style } from '../view.ts';

const indent = 2;
/** In a table with many columns, a wider one is cut to make room. */
const widest = 24;

/**
 * The comparison for a terminal: tables with a column for each version; columns that do not fit go
 * below.
 */
export function compareText(result: CompareResult, style: Style, all: boolean): string {
  const titles = titlesOf(result.versions);
  const equal = leftOut(result);
  return [
    headline(result.versions, style),
    overview(result, titles, style),
    signaturesText(result.signatures, titles, style),
    ...compareSections(result, all).map((section) => sectionText(section, titles, style)),
    ...(all || equal.length === 0 ? [] : [quietly(`equal: ${equal.join(', ')} (--all shows them)`, style)]),
  ].join('\n\n');
}

function headline([first, ...others]: ComparedVersion[], { color, width }: Style): string {
  const line = `${first?.ref} → ${others.map(({ ref }) => ref).join(', ')}`;
  return hanging('', 0, line, width, color.bold);
}

function quietly(text: string, { color, width }: Style): string {
  return hanging('  ', indent, escapeText(text), width, color.dim);
}

function overview({ versions, size }: CompareResult, titles: string[], style: Style): string {
  const { color } = style;
  const rows = versions.map(({ stages, yanked, digest, createdAt, format, size: own }, index) => {
    const change = size.changes[index - 1];
    return [
      color.bold(titles[index]),
      [
        ...stages.map((stage) => color.green(escapeText(stage))),
        ...(yanked ? [color.red('yanked')] : []),
      ].join(', '),
      escapeText(format),
      bytes(own),
      change === undefined ? '' : color.dim(percent(change.relative)),
      relativeTime(createdAt, style.now),
      color.dim(shortDigest(digest)),
    ];
  });
  const heads = ['version', 'stages', 'format', 'size', '', 'registered', 'digest'];
  const oneFormat = versions.every(({ format }) => format === versions[0]?.format);
  const shown = heads.map((_, column) => column).filter((column) => rows.some((row) => row[column] !== ''));
  const wanted = shown.filter((column) => column !== 2 || !oneFormat);
  const columns = columnsThatFit([heads, ...rows], style.width - indent, wanted, [6, 5, 4]);
  const drawn = table(
    narrowed(style),
    columns.map((column) => heads[column] ?? ''),
    rows.map((row) => columns.map((column) => row[column] ?? '')),
    columns.flatMap((column, index) => (column === 3 || column === 4 ? [index] : [])),
    [0, 1],
  );
  return indented(drawn);
}

function sectionText(section: Section, titles: string[], style: Style): string {
  const tables = section.rows.length === 0 ? [] : blocks(section, titles, style);
  return [...tables, ...[...section.notes, ...section.quotes].map((note) => quietly(note, style))].join('\n');
}

/** The table, or several that each repeat the first version if the terminal is too narrow. */
function blocks(section: Section, titles: string[], style: Style): string[] {
  const room = style.width - indent;
  const names = section.rows.map(({ name }) => visibleWidth(escapeText(name)));
  const label = Math.min(widest, Math.max(section.title.length, ...names));
  const cells = section.rows.flatMap(({ sides }) => sides.map(({ text }) => (text?.length ?? 1) + 2));
  const each = Math.min(widest, Math.max(...titles.map((title) => title.length), ...cells)) + gap;
  const fitting = titles.length === 2 ? 2 : Math.max(2, Math.floor((room - label) / each));
  const others = titles.map((_, index) => index).slice(1);
  const chunks = Array.from({ length: Math.ceil(others.length / (fitting - 1)) }, (_, index) => [
    0,
    ...others.slice(index * (fitting - 1), (index + 1) * (fitting - 1)),
  ]);
  return chunks.map((columns) => indented(block(section, titles, columns, style)));
}

function block({ title, numeric, rows }: Section, titles: string[], columns: number[], style: Style): string {
  const two = titles.length === 2;
  const changes = two && rows.some(({ change }) => change !== '');
  // With more than two versions there is only room for a mark that says whether it became better.
  const marked = !two && rows.some(({ sides }) => sides.some(({ tone }) => tone !== 'plain'));
  const heads: Heading[] = [title, ...columns.map((column) => ({ name: titles[column] ?? '' }))];
  const drawn = rows.map(({ name, sides, change }) => [
    escapeText(name),
    ...columns.map((column) => cell(sides[column], marked, style)),
    ...(changes ? [changeCell(sides[1], change, style)] : []),
  ]);
  const versions = columns.map((_, index) => index + 1);
  return table(
    narrowed(style),
    [...heads, ...(changes ? ['  change'] : [])],
    drawn,
    numeric ? versions : [],
    [0, ...versions],
  );
}

/** `0.9796 ✓` */
function cell(side: Side | undefined, marked: boolean, style: Style): string {
  const text = side?.text === undefined ? style.color.dim('–') : escapeText(side.text);
  if (!marked || side === undefined) return text;
  const mark = marks[side.tone];
  return side.tone === 'plain' ? `${text} ${mark}` : `${text} ${paint(side.tone, mark, style)}`;
}

function changeCell(side: Side | undefined, change: string, style: Style): string {
  if (change === '' || side === undefined) return '';
  return paint(side.tone, `${marks[side.tone]} ${change}`, style);
}

function narrowed(style: Style): Style {
  return { ...style, width: style.width - indent };
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(indent));
}
