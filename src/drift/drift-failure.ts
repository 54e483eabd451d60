import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import type { DriftResult } from './drift-report.ts';

const mostNamed = 5;

/** The error to exit with when the data has moved; undefined if it has not. */
export function driftFailure(result: DriftResult): MlregError | undefined {
  const { drifted, datasetDrift, findings, ref, columns, driftedColumns, judgedColumns } = result;
  if (!drifted) return undefined;
  const serious = findings.filter((finding) => finding.serious);
  const moved = columns.filter((column) => column.drifted).map(({ name }) => quote(name));
  const rest = moved.length - mostNamed;
  const names = `${moved.slice(0, mostNamed).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  const parts = [
    ...(datasetDrift ? [`${driftedColumns} of ${judgedColumns} columns drifted (${names})`] : []),
    ...(serious.length > 0 ? [serious[0]?.message ?? ''] : []),
  ];
  return new MlregError('GATE_FAILED', `the live data of ${ref} has moved: ${parts.join('; ')}`, {
    hint: 'look at the columns, correct the data or retrain the model; --share and --threshold say what counts as drift',
    details: { driftedColumns, judgedColumns, serious: serious.map(({ message }) => message) },
  });
}
