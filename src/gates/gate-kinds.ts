import { grammarOf, type GateKinds } from './gate-kind.ts';
import { age } from './kinds/age.ts';
import { approvals } from './kinds/approvals.ts';
import { comparison } from './kinds/comparison.ts';
import { data } from './kinds/data.ts';
import { evaluation } from './kinds/evaluation.ts';
import { from, protectedStage, soak } from './kinds/policy-keys.ts';
import { golden } from './kinds/golden.ts';
import { latency } from './kinds/latency.ts';
import { metric } from './kinds/metric.ts';
import { signature } from './kinds/signature.ts';
import { size } from './kinds/size.ts';

const words = [latency, size, age, approvals, signature, golden, data, evaluation, comparison] as const;
const policy = [from, soak, protectedStage] as const;

type Kind = typeof metric | (typeof words)[number] | (typeof policy)[number];
type Together<Part> = (Part extends unknown ? (part: Part) => void : never) extends (all: infer All) => void
  ? All
  : never;
/** The evidence that gates of one kind are judged by. */
type EvidenceOf<Of extends Kind> = Of extends { gate: (...terms: never[]) => { judge: infer Judge } }
  ? Judge extends (evidence: infer Evidence) => unknown
    ? Evidence
    : never
  : never;

/**
 * The evidence that all kinds together are judged by: a new kind does not compile without its
 * provider.
 */
export type Evidence = Together<EvidenceOf<Kind>>;

/**
 * Every kind of gate. A new kind gets a file in `kinds/` and an entry in one of the lists above.
 */
export const gateKinds: GateKinds<Evidence> = { metric, words, policy };

/** The grammar for gates that are typed today. */
export const today = grammarOf(gateKinds);
