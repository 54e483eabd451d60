import * as z from 'zod';
import type { ErrorCode } from '../core/errors.ts';

const codes = {
  INTERNAL: true,
  USAGE: true,
  INVALID_INPUT: true,
  NOT_FOUND: true,
  CONFLICT: true,
  GATE_FAILED: true,
  INTEGRITY: true,
  BUSY: true,
  STORAGE: true,
  AUTH: true,
  HOOK_FAILED: true,
  INTERRUPTED: true,
} satisfies Record<ErrorCode, true>;

/** Written to stderr if the exit code is not 0. */
export const error = z
  .strictObject({
    schemaVersion: z.literal(1),
    error: z.strictObject({
      code: z.enum(Object.keys(codes) as ErrorCode[]),
      message: z.string().min(1).describe('What happened, with the value received, and why'),
      hint: z.string().min(1).describe('What to type next'),
      exitCode: z.int().min(1).max(255),
      details: z.record(z.string(), z.unknown()).optional().describe('Details, depending on the error'),
    }),
  })
  .describe('Printed to stderr if the exit code is not 0');
