import { visibleWidth } from './table.ts';

const between = 4;

/** Blocks of lines that stand side by side where there is room for all; else as they were. Empty blocks are left out. */
export function beside(blocks: string[], width: number): string[] {
  const lines = blocks.filter((block) => block !== '').map((block) => block.split('\n'));
  const widths = lines.map((block) => Math.max(...block.map(visibleWidth)));
  if (widths.reduce((sum, each) => sum + each + between, -between) > width)
    return lines.map((block) => block.join('\n'));
  const height = Math.max(0, ...lines.map(({ length }) => length));
  const rows = Array.from({ length: height }, (_, row) =>
    lines
      .map((block, index) => {
        const line = block[row] ?? '';
        return line + ' '.repeat((widths[index] ?? 0) - visibleWidth(line));
      })
      .join(' '.repeat(between))
      .trimEnd(),
  );
  return [rows.join('\n')];
}
