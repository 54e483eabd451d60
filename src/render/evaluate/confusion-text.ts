import type { EvaluateResult } from '../../evaluate/evaluation.ts';
import { number } from '../format.ts';
import { visibleWidth } from '../table.ts';
import type { Style } from '../view.ts';

interface Matrix {
  confusion: readonly (readonly number[])[];
  /** Escaped. */
  names: readonly string[];
  classes: NonNullable<EvaluateResult['classes']>;
}

const longestName = 8;

/** The matrix with a row per right class, and the recall and precision of each class at its edges. */
export function confusionText({ confusion, names, classes }: Matrix, { color }: Style): string {
  const short = names.map((name) => cut(name));
  const cells = confusion.map((row) => row.map((count) => (count === 0 ? '·' : count.toLocaleString('en'))));
  const width = Math.max(3, ...[...short, ...cells.flat()].map(visibleWidth)) + 1;
  const side = Math.max(...short.map(visibleWidth), 'precision'.length);
  const head = short.map((name) => name.padStart(width - (visibleWidth(name) - name.length))).join('');
  const lines = cells.map((row, right) => {
    const own = confusion[right] ?? [];
    const most = Math.max(1, ...own.filter((_, predicted) => predicted !== right));
    const text = row.map((cell, predicted) => {
      const count = own[predicted] ?? 0;
      const padded = cell.padStart(width);
      if (count === 0) return color.dim(padded);
      if (predicted === right) return color.green.bold(padded);
      return count * 2 >= most ? color.red(padded) : color.yellow(padded);
    });
    const name = short[right] ?? '';
    const recall = classes[right]?.recall;
    return `${' '.repeat(side - visibleWidth(name))}${color.bold(name)}${text.join('')}  ${color.dim(share(recall))}`;
  });
  const precision = classes.map((own) => share(own.precision).padStart(width)).join('');
  const title = `${color.bold('CONFUSION')} ${color.dim('rows: target, columns: predicted')}`;
  return [
    title,
    `${' '.repeat(side)}${color.bold(head)}  ${color.dim('recall')}`,
    ...lines,
    color.dim(`${'precision'.padStart(side)}${precision}`),
  ].join('\n');
}

function cut(name: string): string {
  if (name === '') return '""';
  return visibleWidth(name) <= longestName
    ? name
    : `${Array.from(name)
        .slice(0, longestName - 1)
        .join('')}…`;
}

/** Without the leading zero, so that columns stay narrow. */
function share(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return value === 1 ? '1' : number(Number(value.toFixed(2)), 2).replace(/^0(?=\.)/, '');
}
