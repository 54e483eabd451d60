import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import type { RowScanner } from './row-batch.ts';

/**
 * For what needs all rows: INVALID_INPUT for the first row that was rejected since the last call, if
 * there is one. `line`: of the first row of the block. `why`: why no row can be set aside.
 */
export function refuseRejected(
  scanner: RowScanner,
  { columns, line, what, why }: { columns: readonly string[]; line: number; what: string; why: string },
): void {
  const [first] = scanner.takeRejected();
  if (first === undefined) return;
  const name = columns[first.column];
  const place = name === undefined ? '' : `, column ${quote(name)}`;
  throw new MlregError('INVALID_INPUT', `${what}, line ${line + first.line}${place}: ${first.reason}`, {
    hint: `correct the row, or leave it out: ${why}`,
    details: { line: line + first.line, reason: first.reason },
  });
}
