import { formatReference } from '../../core/versions/reference.ts';
import { compareSignatures } from '../../core/versions/signature-change.ts';
import { cannotTell, stageIsEmpty, type Facts } from '../evidence.ts';
import { wordKind } from '../gate-kind.ts';
import { skipBlanks, take, takeComparator, unexpected } from '../scanner.ts';

const threshold = 'compatible';
const mostNamed = 5;

/**
 * `signature=compatible`: inputs and outputs that callers of the stage's holder use are unchanged.
 */
export const signature = wordKind<null, Facts>({
  kind: 'signature',
  words: ['signature'],
  since: 1,
  parse(scanner) {
    takeComparator(scanner, ['=']);
    skipBlanks(scanner);
    if (take(scanner, /compatible(?![\w-])/y) === undefined) throw unexpected(scanner, '"compatible"');
    return null;
  },
  format: () => 'signature=compatible',
  async judge(_terms, { candidate, stage, holder: holderOf }) {
    const after = candidate.onnx?.signature;
    const holder = await holderOf(stage);
    if (holder === null) return stageIsEmpty(stage, threshold, 'unknown');
    const before = holder.onnx?.signature;
    const ref = formatReference(holder.name, holder.version);
    if (candidate.artifact.digest === holder.artifact.digest && candidate.entry === holder.entry)
      return { verdict: 'pass', observed: threshold, threshold, reason: `same bytes as ${ref}` };
    if (before === undefined || after === undefined) {
      const which = after === undefined ? formatReference(candidate.name, candidate.version) : ref;
      return cannotTell(threshold, `${which} has no known signature: it is not an ONNX model`);
    }
    const { compatible, changes } = compareSignatures(before, after);
    if (compatible)
      return {
        verdict: 'pass',
        observed: threshold,
        threshold,
        reason: `compatible with callers of ${ref}`,
      };
    const breaking = changes.filter((change) => change.breaking).map(({ description }) => description);
    const more = breaking.length > mostNamed ? ` and ${breaking.length - mostNamed} more` : '';
    const reason = `would break callers of ${ref}: ${breaking.slice(0, mostNamed).join('; ')}${more}`;
    return { verdict: 'fail', observed: 'incompatible', threshold, reason };
  },
});
