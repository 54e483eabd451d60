import * as z from 'zod';

/**
 * The kinds of text in fields; the published schema names each one once. Patterns instead of
 * formats: a strict reader refuses a schema with an unknown format.
 */

export const modelName = z
  .string()
  .min(1)
  .max(128)
  .meta({ id: 'ModelName', description: 'A model: lower-case parts separated by /' });

export const version = z
  .string()
  .regex(/^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/)
  .meta({ id: 'Version', description: 'A semantic version, without a leading v' });

export const reference = z
  .string()
  .regex(/^[^@]+@[^@]+$/)
  .meta({ id: 'Reference', description: 'NAME@VERSION: one exact version' });

export const stageName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/)
  .meta({ id: 'StageName', description: 'A declared stage, for example production' });

export const digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/)
  .meta({ id: 'Digest', description: 'SHA-256 of stored bytes; for a version: of its manifest' });

export const hexDigest = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({ id: 'HexDigest', description: 'A SHA-256 in hex' });

export const time = z
  .string()
  .regex(/^(?:\d{4}|[+-]\d{6})-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .meta({ id: 'Time', description: 'ISO 8601, UTC' });

export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/)
  .meta({ id: 'Uuid', description: 'A UUID' });

/** The fields by which a result names one version. */
export const exactVersion = { ref: reference, name: modelName, version, digest };

/** 0, 1, 2 … */
export const count = z.int().nonnegative();
export const byteCount = count.meta({ id: 'Bytes', description: 'A number of bytes' });

export const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
export const texts = z.record(z.string(), z.string());

export const nextPage = z.string().nullable().describe('Value for --page; null: last page');
