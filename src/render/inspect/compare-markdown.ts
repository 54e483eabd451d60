import { shortDigest } from '../../core/versions/artifact.ts';
import type { CompareResult, ComparedSignature } from '../../registry/inspect/compare.ts';
import type { Row } from './compare-rows.ts';
import { compareSections, leftOut, titlesOf, type Section } from './compare-sections.ts';
import { allTheSame } from './compare-signatures.ts';
import { bytes, isoTime } from '../format.ts';
import { code, markdownTable } from '../markdown.ts';
import type { Tone } from './change.ts';

const signs: Record<Tone, string> = { better: ' ✅', worse: ' ❌', plain: '' };

/** The comparison for a pull request. */
export function compareMarkdown(result: CompareResult, all: boolean): string {
  const titles = titlesOf(result.versions);
  const [first, ...others] = result.versions.map(({ ref }) => code(ref));
  const equal = leftOut(result);
  return [
    `### ${first} → ${others.join(', ')}`,
    overview(result),
    signatures(result.signatures, titles),
    ...compareSections(result, all).map((section) => sectionMarkdown(section, titles)),
    ...(all || equal.length === 0 ? [] : [`Equal: ${equal.join(', ')}.`]),
  ].join('\n\n');
}

function overview({ versions }: CompareResult): string {
  const rows = versions.map(({ ref, stages, yanked, size, createdAt, digest }) => [
    code(ref),
    [...stages.map(code), ...(yanked ? ['**yanked**'] : [])].join(', '),
    bytes(size),
    isoTime(createdAt).slice(0, 16).replace('T', ' '),
    code(shortDigest(digest)),
  ]);
  return markdownTable(['version', 'stages', 'size', 'registered (UTC)', 'digest'], rows, [2]);
}

function signatures(all: ComparedSignature[], titles: string[]): string {
  if (allTheSame(all)) return `- ✅ All have the same signature.`;
  return all.map((signature, index) => signatureMarkdown(signature, index, titles)).join('\n');
}

function signatureMarkdown(
  { compatible, changes }: ComparedSignature,
  index: number,
  titles: string[],
): string {
  const [before, after] = [code(titles[0] ?? ''), code(titles[index + 1] ?? '')];
  if (compatible === null)
    return `- Cannot compare the signatures of ${before} and ${after}: both must be ONNX models.`;
  const head =
    changes.length === 0
      ? `- ✅ ${after} has the same signature as ${before}.`
      : compatible
        ? `- ✅ Callers of ${before} can use ${after}:`
        : `- ❌ ${after} **breaks callers** of ${before}:`;
  const lines = changes.map(
    ({ breaking, description }) => `  - ${breaking ? '**breaking**' : 'harmless'}: ${code(description)}`,
  );
  return [head, ...lines].join('\n');
}

function sectionMarkdown({ title, numeric, rows, notes, quotes }: Section, titles: string[]): string {
  const two = titles.length === 2;
  const changes = two && rows.some(({ change }) => change !== '');
  const head = [title, ...titles.map(code), ...(changes ? ['change'] : [])];
  const drawn = rows.map((row) => [
    row.others.name ? code(row.name) : row.name,
    ...cells(row, !two),
    ...(changes ? [`${row.change}${signs[row.sides[1]?.tone ?? 'plain']}`] : []),
  ]);
  const numbers = numeric ? titles.map((_, index) => index + 1) : [];
  const drawnTable = rows.length === 0 ? [] : [markdownTable(head, drawn, numbers)];
  const quoted = quotes.length === 0 ? [] : [quotes.map((text) => `- ${code(text)}`).join('\n')];
  return [...drawnTable, ...notes.map((note) => `_${capital(note)}._`), ...quoted].join('\n\n');
}

function cells({ sides, others }: Row, marked: boolean): string[] {
  return sides.map(({ text, tone }) => {
    if (text === undefined) return '–';
    return `${others.sides ? code(text) : text}${marked ? signs[tone] : ''}`;
  });
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
