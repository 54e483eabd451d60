import { parseStageName, type StageName } from '../../core/events/stage.ts';
import { formatReference } from '../../core/versions/reference.ts';
import type { Facts } from '../evidence.ts';
import { policyKind } from '../gate-kind.ts';
import { heldStages } from '../holding.ts';

/** `"from": ["staging"]`: the candidate holds one of these stages now. */
export const from = policyKind<{ stages: StageName[] }, Facts>({
  kind: 'from',
  ofPolicy: ({ from: names = [] }) =>
    names.length === 0 ? undefined : { stages: names.map(parseStageName) },
  format: ({ stages }) => `from ${stages.join(' or ')}`,
  async judge({ stages }, evidence) {
    const { candidate } = evidence;
    const held = await heldStages(stages, evidence);
    const ref = formatReference(candidate.name, candidate.version);
    const threshold = stages.join(' or ');
    const hint = `promote it there first: mlreg promote ${ref} --to ${stages[0]}`;
    const [first] = held;
    return first === undefined
      ? { verdict: 'fail', observed: 'none', threshold, reason: `it must hold ${threshold} first`, hint }
      : {
          verdict: 'pass',
          observed: held.map(({ stage }) => stage).join(', '),
          threshold,
          reason: `it holds ${first.stage}`,
          hint,
        };
  },
});
