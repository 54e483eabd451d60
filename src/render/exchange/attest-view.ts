import type { Json } from '../../api/verb.ts';
import type { attestVerb } from '../../api/verbs/exchange/attest.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { Attestation } from '../../registry/exchange/attest.ts';
import { jsonText } from '../json-text.ts';
import { viewOf } from '../view.ts';
import { counted } from '../format.ts';

export interface WrittenAttestation extends Attestation {
  /** The file that it was written to; null if it is printed. */
  file: string | null;
  /** Whether printing was requested. */
  asked: boolean;
}

/** One statement per line, as in .intoto.jsonl files. A single statement is a JSON document. */
export function statementLines({ statements }: Attestation): string[] {
  return statements.map((statement) => jsonText(statement));
}

export const attestView = viewOf<WrittenAttestation, Json<typeof attestVerb>>()({
  document: true,
  json: ({ ref, file, statements }) => ({ ref, file, statements }),
  text: ({ ref, file, statements }, { color }) =>
    file === null
      ? statements.map((statement) => jsonText(statement, 2)).join('\n')
      : `${color.green('✓')} wrote ${counted(statements.length, 'statement')} about ${color.bold(ref)} to ${escapeText(file)}, unsigned`,
  // Statements even in a pipe: users redirect them into a file.
  plain: (attestation) =>
    attestation.file === null
      ? statementLines(attestation).map((line) => [line])
      : [['file', attestation.file]],
  quiet: (attestation) =>
    attestation.asked ? statementLines(attestation) : [attestation.file ?? attestation.ref],
});
