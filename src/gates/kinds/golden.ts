import type { Finding } from '../evidence.ts';
import { wordKind } from '../gate-kind.ts';

export interface GoldenEvidence {
  /** Runs the candidate on its golden sets. */
  golden: () => Promise<Finding>;
}

/** `golden`: the version passes all of its golden sets now, of which one is not self-made. */
export const golden = wordKind<null, GoldenEvidence>({
  kind: 'golden',
  words: ['golden'],
  since: 1,
  parse: () => null,
  format: () => 'golden',
  judge: (_terms, evidence) => evidence.golden(),
});
