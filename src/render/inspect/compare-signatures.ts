import { escapeText } from '../../core/text/quote.ts';
import type { ComparedSignature } from '../../registry/inspect/compare.ts';
import { hanging } from '../format.ts';
import type { Style } from '../view.ts';

/** The signature changes that callers of the first version would notice, for a terminal. */
export function signaturesText(all: ComparedSignature[], titles: string[], style: Style): string {
  const { color, width } = style;
  if (allTheSame(all)) return hanging(`  ${color.green('✓')} `, 4, 'signature: all are the same', width);
  return all
    .map((signature, index) => signatureText(signature, titles[0] ?? '', titles[index + 1] ?? '', style))
    .join('\n');
}

/** Whether one sentence covers several versions. */
export function allTheSame(all: ComparedSignature[]): boolean {
  return (
    all.length > 1 && all.every(({ compatible, changes }) => compatible === true && changes.length === 0)
  );
}

function signatureText(
  { compatible, changes }: ComparedSignature,
  before: string,
  after: string,
  { color, width }: Style,
): string {
  if (compatible === null) {
    const why = `cannot compare the signatures of ${before} and ${after}: both must be ONNX models`;
    return hanging(`  ${color.dim('○')} `, 4, why, width);
  }
  const word =
    changes.length === 0
      ? `${after} has the same signature as ${before}`
      : compatible
        ? `callers of ${before} can use ${after}`
        : `${after} breaks callers of ${before}`;
  const lines = changes.map(({ breaking, description }) => {
    const lead = breaking ? color.red('breaking') : color.dim('harmless');
    return hanging(`      ${lead}  `, 16, escapeText(description), width);
  });
  const mark = compatible ? color.green('✓') : color.red('✗');
  return [hanging(`  ${mark} `, 4, `signature: ${word}`, width), ...lines].join('\n');
}
