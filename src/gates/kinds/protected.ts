import type { Facts } from '../evidence.ts';
import { policyKind } from '../gate-kind.ts';

/** `"protected": ["ada"]`: only these actors may promote. An actor is a claim, not a proof. */
export const protectedStage = policyKind<{ actors: string[] }, Facts>({
  kind: 'protected',
  ofPolicy: ({ protected: actors }) => (actors === undefined ? undefined : { actors }),
  format: () => 'protected',
  judge({ actors }, { actor, stage }) {
    const passed = actors.includes(actor);
    const allowed = actors.join(', ') || 'no one';
    return {
      verdict: passed ? 'pass' : 'fail',
      observed: actor,
      threshold: allowed,
      reason: passed
        ? `${actor} may promote to ${stage}`
        : `${actor} may not promote to ${stage}; allowed: ${allowed}`,
    };
  },
});
