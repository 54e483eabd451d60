import type { Finding } from '../evidence.ts';
import { wordKind } from '../gate-kind.ts';

export interface GoldenEvidence {
  /** Runs the candidate on its golden set. */
  golden: () => Promise<Finding>;
}

/** `golden`: the golden set that was registered with it passes now. */
export const golden = wordKind<null, GoldenEvidence>({
  kind: 'golden',
  words: ['golden'],
  since: 1,
  parse: () => null,
  format: () => 'golden',
  judge: (_terms, evidence) => evidence.golden(),
});
