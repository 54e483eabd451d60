import type { DriftResult } from '../../drift/drift-report.ts';
import { junitText } from '../junit-text.ts';
import { limitText, scoreText } from './drift-facts.ts';

/** A test case a column: one that drifted is a failure; and one for each serious finding. */
export function driftJunit({ ref, columns, findings }: DriftResult): string {
  return junitText(`drift of ${ref}`, [
    ...columns.map((column) => ({
      name: column.name,
      problem: column.drifted
        ? {
            kind: 'failure' as const,
            type: 'drift',
            message: `${column.name} drifted: ${column.method} ${scoreText(column)}`,
            text: `observed: ${scoreText(column)}\nthreshold: drift if ${limitText(column)}`,
          }
        : null,
    })),
    ...findings
      .filter(({ serious }) => serious)
      .map(({ kind, column, message }) => ({
        name: `${kind} ${column ?? ''}`.trim(),
        problem: { kind: 'failure' as const, type: kind, message, text: message },
      })),
  ]);
}
