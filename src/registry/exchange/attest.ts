import { MlregError } from '../../core/errors.ts';
import { type RegistryEvent, gatesOf } from '../../core/events/event.ts';
import { formatReference, type Reference, type StageName } from '../../core/versions/reference.ts';
import {
  predicates,
  statementOf,
  type JudgedAttempt,
  type PredicateKind,
  type Statement,
} from '../../core/versions/statement.ts';
import { latestOfEach } from '../../core/versions/amendments.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { hashOfJson, isIntact } from '../../storage/hash-chain.ts';
import { amendmentsOf } from '../versions/amendments.ts';
import type { Registry } from '../registry.ts';
import { requireStage, resolve } from '../resolve.ts';

export interface AttestInput {
  ref: Reference;
  /** Only promotions to this stage. */
  stage?: StageName | undefined;
  /** Only statements of this kind. */
  predicate?: PredicateKind | undefined;
  /** Every attempt; otherwise only the last one of each stage. */
  all?: boolean | undefined;
}

export interface Attestation {
  ref: string;
  /** In the order of the events that they are about; for the same event, the test result first. */
  statements: Statement[];
}

/**
 * What the gates of a version's promotions found, as unsigned in-toto statements; the same events
 * give the same statements. Events that another registry recorded before an import are left out:
 * this registry cannot attest them. NOT_FOUND if no gate ever judged the version; INTEGRITY for
 * events that were tampered with.
 */
export async function attest(
  registry: Registry,
  { ref: reference, stage, predicate, all }: AttestInput,
): Promise<Attestation> {
  const record = await resolve(registry, reference);
  if (stage !== undefined) await requireStage(registry, stage);
  const ref = formatReference(record.name, record.version);
  const judged = (await attemptsOf(registry, record, stage)).filter((event) => gatesOf(event).length > 0);
  const amendments = await amendmentsOf(registry, record, requireIntact);
  const { id } = await registry.metadata.registry();
  const kinds = predicate === undefined ? predicates : [predicate];
  const statements: Statement[] = [];
  for (const event of all === true ? judged : lastOfEach(judged)) {
    const attempt = {
      record,
      registry: id,
      event,
      gates: gatesOf(event),
      policy: await policyAt(registry, event),
      amendments: latestOfEach(amendments.filter((one) => one.registry !== null || one.event < event.seq)),
    };
    statements.push(...kinds.flatMap((kind) => statementOf(kind, attempt) ?? []));
  }
  if (statements.length > 0) return { ref, statements };
  const where = stage === undefined ? '' : ` for ${stage}`;
  throw judged.length === 0
    ? new MlregError('NOT_FOUND', `nothing to attest: no gates were run for ${ref}${where}`, {
        hint: `promote it with gates: mlreg promote ${ref} --to ${stage ?? 'STAGE'} --require GATE, or mlreg policy apply FILE`,
      })
    : new MlregError('NOT_FOUND', `no promotion of ${ref}${where} passed its gates`, {
        hint: `see the results: mlreg attest ${ref} --predicate test-result`,
      });
}

const slice = 200;

/** The version's promotions and blocked promotions, oldest first. */
async function attemptsOf(
  { metadata }: Registry,
  { name, version }: VersionRecord,
  stage: StageName | undefined,
): Promise<RegistryEvent[]> {
  const found: RegistryEvent[] = [];
  for (;;) {
    const last = found.at(-1);
    const events = await metadata.events({
      model: name,
      version,
      actions: ['promote', 'blocked'],
      ...(stage === undefined ? {} : { stage }),
      ...(last === undefined ? {} : { before: last.seq }),
      limit: slice,
    });
    for (const event of events) requireIntact(event);
    found.push(...events);
    if (events.length < slice) return found.toReversed();
  }
}

/** The last attempt of each stage, in the order of the events. */
function lastOfEach(events: readonly RegistryEvent[]): RegistryEvent[] {
  const last = new Map(events.map((event) => [event.stage, event.seq]));
  return events.filter(({ stage, seq }) => last.get(stage) === seq);
}

/**
 * The store refuses a promotion if the policy has changed since the judgement, so the last policy
 * before the event is the one that it was judged by.
 */
async function policyAt({ metadata }: Registry, { seq }: RegistryEvent): Promise<JudgedAttempt['policy']> {
  const [event] = await metadata.events({ model: null, actions: ['policy'], before: seq, limit: 1 });
  if (event === undefined) return null;
  requireIntact(event);
  const { policy } = event.details;
  return { seq: event.seq, sha256: hashOfJson(policy as object) };
}

function requireIntact(event: RegistryEvent): void {
  if (isIntact(event)) return;
  throw new MlregError(
    'INTEGRITY',
    `event ${event.seq} was changed after it was recorded, so it cannot be attested`,
    { hint: 'run mlreg verify to list all damage' },
  );
}
