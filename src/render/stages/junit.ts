import type { CheckPromotionResult } from '../../registry/stages/check-promotion.ts';
import { junitText } from '../junit-text.ts';

/** The gates as JUnit test cases: a failed gate is a failure, an inconclusive one an error. */
export function junit({ ref, stage, gates }: CheckPromotionResult): string {
  return junitText(
    `${ref} to ${stage}`,
    gates.map(({ gate, verdict, observed, threshold, reason }) => ({
      name: gate,
      problem:
        verdict === 'pass'
          ? null
          : {
              kind: verdict === 'fail' ? 'failure' : 'error',
              type: verdict,
              message: reason,
              text: `observed: ${observed}\nthreshold: ${threshold}`,
            },
    })),
  );
}
