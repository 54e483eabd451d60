import * as z from 'zod';
import { canonicalJson } from '../json/canonical.ts';
import type { Digest } from './artifact.ts';
import type { MlregError } from '../errors.ts';
import { versionActions, type RegistryEvent } from '../events/event.ts';
import { invalidInput, whyUnfit } from '../json/invalid-input.ts';
import {
  checkMetadata,
  metadataSchema,
  parseKeptMetadata,
  scalar,
  type Metadata,
} from '../metadata/metadata.ts';
import { parseModelName, formatReference, parseExplicitReference } from './reference.ts';
import type { OnnxModel } from './onnx-model.ts';
import { quote } from '../text/quote.ts';
import { parseStrictJson } from '../json/strict-json.ts';
import { parseVersion } from './version.ts';
import { importedHistory, replay, wholeHistory } from './amendments.ts';
import type { VersionFacts } from './version-record.ts';

/**
 * The description of a version in an export: the facts of its registration and its complete events,
 * so that their hashes can be checked anywhere. It names the artifacts by their digests; their
 * manifests are beside it.
 */
export interface VersionDocument {
  /** The id of the registry that exports it. */
  registry: string;
  /** Manifest digests of the artifact and of the golden set. */
  artifact: Digest;
  golden: Digest | null;
  facts: Omit<VersionFacts, 'artifact' | 'golden'>;
  /** The events of the version in that registry, oldest first. */
  history: RegistryEvent[];
}

/** The size limit of a document, which is read into memory as a whole, in bytes. */
export const maxDocumentBytes = 16 * 1024 * 1024;
/** Of all documents of an export together. */
export const maxTotalBytes = 256 * 1024 * 1024;
/** Each registry that a version passes through nests the earlier events four levels deeper. */
const maxDepth = 128;

/** Canonical JSON, so that the same version gives the same bytes each time. */
export function formatVersionDocument(document: VersionDocument): string {
  const { registry, artifact, golden, facts, history } = document;
  // Omitted if empty: earlier versions of mlreg do not know this member.
  const executable = facts.executable ?? undefined;
  return canonicalJson({ formatVersion: 1, registry, artifact, golden, ...facts, executable, history });
}

const text = z.string().max(1024 * 1024);
const time = z.int().min(0).max(8.64e15);
const actor = z.string().min(1).max(256);
const digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/)
  .transform((value) => value as Digest);
const hex = z.string().regex(/^[0-9a-f]{64}$/);
const nullable = text.nullable();

const event = z.looseObject({
  id: z.string().max(64),
  seq: z.int().positive(),
  at: time,
  clock: time.exactOptional(),
  actor,
  action: z.enum(versionActions),
  model: z.string(),
  version: z.string(),
  stage: nullable,
  from: nullable,
  to: nullable,
  message: nullable,
  details: z.record(z.string(), z.unknown()),
  hash: hex,
  prevHash: hex,
});

const versionSchema = z.strictObject({
  formatVersion: z.literal(1),
  registry: z.uuid(),
  artifact: digest,
  golden: digest.nullable(),
  name: z.string().transform(parseModelName),
  version: z.string().transform(parseVersion),
  format: z.string().regex(/^[a-z0-9_-]{1,16}$/),
  entry: nullable,
  executable: z.array(text).min(1).nullable().default(null),
  onnx: z.record(z.string(), z.unknown()).nullable(),
  metadata: z.unknown(),
  identity: hex,
  // The facts of a CI run are a nested object.
  source: z
    .record(z.string().min(1).max(256), z.union([scalar, z.object({ system: text }).catchall(text)]))
    .nullable(),
  parents: z.array(z.string().max(512)).max(10_000),
  bump: z.enum(['initial', 'major', 'minor', 'patch', 'explicit']),
  bumpReason: text,
  previous: z.string().transform(parseVersion).nullable(),
  createdAt: time,
  actor,
  history: z.array(event).min(1).max(100_000),
});

const tagDetails = z.strictObject({
  set: metadataSchema.shape.tags.unwrap(),
  remove: z.array(z.string()),
});
const amendmentDetails = z.strictObject({
  description: metadataSchema.shape.description,
  metrics: metadataSchema.shape.metrics,
});

/** The details of events that determine the state of the version. */
const changeDetails: ReadonlyMap<RegistryEvent['action'], z.ZodType> = new Map<
  RegistryEvent['action'],
  z.ZodType
>([
  ['tag', tagDetails],
  ['describe', amendmentDetails],
  ['golden', z.looseObject({ digest, self: z.boolean(), facts: hex })],
  [
    'import-events',
    z.looseObject({
      applied: z.strictObject({
        ...tagDetails.shape,
        ...amendmentDetails.shape,
        yanked: z.strictObject({ at: time, actor, reason: text }).nullish(),
        golden: z
          .array(z.strictObject({ digest, self: z.boolean(), facts: hex, at: time, actor }))
          .optional(),
      }),
    }),
  ],
]);

/**
 * Parses a version document from an untrusted source; `what` names it in errors. The caller checks
 * the hashes in it and what it says about files, since that takes hashing and reading.
 * INVALID_INPUT for anything that a registry would not have written.
 */
export function parseVersionDocument(json: string, what: string): VersionDocument {
  const value = parseStrictJson(json, { what, maxBytes: maxDocumentBytes, maxDepth });
  const { formatVersion: _one, registry, artifact, golden, history, ...given } = check(value, what);
  if (formatReference(given.name, given.version) !== spelled(value))
    throw refuse(what, 'the version is not in canonical form');
  const metadata = checkedMetadata(given.metadata, what);
  const facts = { ...given, onnx: given.onnx as unknown as OnnxModel | null, metadata };
  if ((facts.entry === null) !== (facts.onnx === null))
    throw refuse(what, '"entry" and "onnx" must be given together');
  if (facts.entry !== null && facts.format !== 'onnx')
    throw refuse(what, '"entry" is set, but "format" is not onnx');
  for (const parent of facts.parents) {
    const { name, selector } = parseExplicitReference(parent);
    if (selector.kind !== 'version' || formatReference(name, selector.version) !== parent)
      throw refuse(what, `parent ${quote(parent)} is not an exact version`);
  }
  checkHistory(history, facts, golden, what);
  return { registry, artifact, golden, facts, history: history };
}

function spelled(value: unknown): string {
  const { name, version } = value as { name: string; version: string };
  return `${name}@${version}`;
}

/** Returned unchanged: the identity of the version was computed from it. */
function checkedMetadata(value: unknown, what: string): Metadata {
  parseKeptMetadata(canonicalJson(value ?? {}), `the metadata of ${what}`);
  if (value !== null) return value as Metadata;
  throw refuse(what, '"metadata" is null');
}

/**
 * Checks that the events belong to this version only, are in order, and begin with its registration
 * or import. Returns the resulting state.
 */
function checkHistory(
  history: RegistryEvent[],
  { name, version, metadata, createdAt, actor: by }: VersionDocument['facts'],
  golden: Digest | null,
  what: string,
): void {
  checkOrder(history, name, version, what);
  const all = wholeHistory(history);
  const [first] = all;
  if (first?.action !== 'register' || first.at !== createdAt || first.actor !== by)
    throw refuse(what, 'its history does not start with its registration');
  for (const { action, details } of all) {
    if (changeDetails.get(action)?.safeParse(details).success === false)
      throw refuse(what, `a ${action} event does not say what it changed`);
  }
  const { tags, amended, golden: added, damaged } = replay(metadata.tags ?? {}, all);
  if (damaged || added.some((set) => set.digest === golden))
    throw refuse(what, 'a golden event adds a set that the version has');
  const { description, metrics } = amended ?? {};
  checkMetadata({ tags, description, metrics }, `the state after the events of ${what}`);
}

function checkOrder(history: RegistryEvent[], name: string, version: string, what: string): void {
  let last: RegistryEvent | undefined;
  for (const one of history) {
    const begins = one.action === 'register' || one.action === 'import';
    if (one.model !== name || one.version !== version)
      throw refuse(what, `event ${one.seq} belongs to another version`);
    if (begins !== (last === undefined))
      throw refuse(
        what,
        `event ${one.seq} is misplaced: a version has one registration or import, its first event`,
      );
    if (last !== undefined && (one.seq <= last.seq || (one.clock === undefined && one.at < last.at)))
      throw refuse(what, `event ${one.seq} is out of order`);
    if (one.action === 'import') {
      const earlier = z.array(event).min(1).safeParse(one.details['history']);
      if (!earlier.success) throw refuse(what, `event ${one.seq} lacks the imported history`);
      checkOrder(importedHistory(one), name, version, what);
    }
    if (one.action === 'import-events') checkNewEvents(one, name, version, what);
    last = one;
  }
}

/** They came from several registries, perhaps, so their numbers say nothing about their order. */
function checkNewEvents(one: RegistryEvent, name: string, version: string, what: string): void {
  const events = z.array(event).min(1).safeParse(one.details['history']);
  if (!events.success) throw refuse(what, `event ${one.seq} lacks the imported events`);
  const isOwn = events.data.every(
    ({ model, version: of, action }) =>
      model === name && of === version && action !== 'import' && action !== 'import-events',
  );
  if (!isOwn) throw refuse(what, `event ${one.seq} has events of another version`);
}

function check(value: unknown, what: string): z.infer<typeof versionSchema> {
  const result = versionSchema.safeParse(value);
  if (result.success) return result.data;
  throw refuse(what, whyUnfit(result.error));
}

function refuse(what: string, why: string): MlregError {
  return invalidInput(what, why, 'export the version again with this or an older version of mlreg');
}
