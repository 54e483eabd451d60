import * as z from 'zod';
import { artifactFile, format, onnxModel, signature } from '../artifact.ts';
import { benchReport } from '../bench-report.ts';
import { gate } from '../gate.ts';
import { byteCount, digest, modelName, reference, stageName, texts, time, uuid, version } from '../kinds.ts';
import { metricAmendment } from '../metric-amendment.ts';
import { metadata } from '../metadata.ts';
import { reading } from '../result.ts';
import { benched } from './bench.ts';
import { numbering, source } from './register.ts';

const yank = z.strictObject({ at: time, actor: z.string(), reason: z.string() });

const amended = z.strictObject({
  description: z.string().optional(),
  metrics: z.record(z.string(), z.number()).optional(),
});

const bench = z
  .strictObject({
    id: uuid,
    at: time,
    fingerprint: z.string().describe('Of the machine: compare only what has the same'),
    baseline: benched.nullable().optional(),
    ...benchReport.shape,
  })
  .meta({ id: 'StoredBench', description: 'A measurement as it was stored' });

const promotionGate = z
  .strictObject({
    ...gate.shape,
    stage: stageName,
    at: time,
    action: z.enum(['promote', 'blocked']).describe('blocked: the promotion was refused'),
    event: z.int().positive().describe('The number of the event that keeps it'),
  })
  .meta({ id: 'PromotionGate', description: 'What a gate of a promotion found' });

export const show = reading('show', {
  ref: reference,
  name: modelName,
  version,
  digest,
  size: byteCount,
  format,
  entry: z.string().nullable().describe('The ONNX file among the files; null: there is none'),
  stages: z.array(stageName).describe('Those that point at it'),
  since: z.record(stageName, time).describe('Since when each of them does'),
  yanked: z.union([z.literal(false), yank]),
  tags: texts.describe('As they are now; metadata.tags are those of the registration'),
  metadata: metadata.describe('As it is now'),
  amended: amended.nullable().describe('What describe changed since the registration; null: nothing'),
  amendments: z
    .array(metricAmendment)
    .describe('The last change of each metric since the registration, in the order of the events'),
  golden: z
    .strictObject({ digest, files: z.array(artifactFile) })
    .nullable()
    .describe('The golden set that is stored with it; null: none'),
  signature: signature.nullable(),
  onnx: onnxModel.nullable(),
  files: z.array(artifactFile),
  executable: z
    .array(z.string())
    .nullable()
    .describe('Paths of files with the executable bit, which pull restores; null: none, or not recorded'),
  source,
  ...numbering,
  createdAt: time,
  actor: z.string().describe('Who registered it'),
  imported: z
    .strictObject({ at: time, actor: z.string(), registry: uuid })
    .nullable()
    .describe(
      'When and by whom it was brought in, and the id of the registry that exported it; null: it was registered here',
    ),
  benches: z.array(bench).describe('Latest first'),
  evaluations: z.array(z.never()),
  gates: z
    .array(promotionGate)
    .describe('Of its promotions, the latest first; those that were blocked included'),
  parents: z.array(reference),
  children: z.array(reference).describe('Versions that were made from this one'),
});
