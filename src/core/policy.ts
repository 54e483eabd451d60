import * as z from 'zod';
import { byteSizeShape, parseByteSize } from './byte-size.ts';
import { durationShape, parseDuration } from './duration.ts';
import { isMlregError, MlregError } from './errors.ts';
import { plainText } from './plain-text.ts';
import { quote } from './quote.ts';
import { isStageName } from './stage.ts';
import { parseStrictJson } from './strict-json.ts';

/** A policy may not be larger, in bytes of UTF-8. */
export const maxPolicyBytes = 256 * 1024;

const text = plainText.min(1).max(4096);
const key = text.max(256);
const stageName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'must be the name of a stage: a lower-case word')
  .refine(isStageName, 'must be the name of a stage');
// As patterns too, for the published schema; the parsers know the largest.
const duration = parsed(durationShape, parseDuration, 'must be a duration such as 30s or 24h');
const size = parsed(byteSizeShape, parseByteSize, 'must be a size such as 2GiB');
const whole = (least: number, most: number) => z.number().int().min(least).max(most);

const benchSettings = z
  .strictObject({
    duration: duration.optional().describe('Measure at least this long, in all'),
    iterations: whole(1, 2_000_000).optional().describe('Exactly so many runs; with duration, at least'),
    warmup: whole(0, 2_000_000).optional(),
    launches: whole(1, 100).optional().describe('How many child processes, one after the other'),
    threads: whole(1, 1024).optional(),
    batch: whole(1, 1_000_000).optional().describe('Size of the first dimension of the inputs'),
    shapes: z
      .record(
        key,
        z
          .array(whole(0, 2 ** 31 - 1))
          .min(1)
          .max(16),
      )
      .optional()
      .describe('Sizes of named dimensions ([8]), or of whole inputs ([1, 3, 224, 224])'),
    seed: whole(0, 2 ** 32 - 1).optional(),
    timeout: duration
      .optional()
      .describe('Of all measurements of one promotion; beyond it, they are inconclusive'),
    memoryLimit: size.optional(),
    reuse: duration
      .optional()
      .describe('A stored bench of the same bytes and inputs, on a machine alike, counts if it is no older'),
  })
  .describe('How latency gates measure');

const policyStage = z
  .strictObject({
    from: z.array(stageName).min(1).optional().describe('The version must hold one of these stages now'),
    require: z.array(text.max(2000)).max(100).optional().describe('Gates: see mlreg help policies'),
    whenEmpty: z
      .enum(['block', 'pass'])
      .optional()
      .describe(
        'What a gate says that compares with a stage which nobody holds; block, unless told otherwise',
      ),
    soak: duration.optional().describe('How long it must have held a stage of `from`'),
    protected: z
      .array(text.max(256))
      .min(1)
      .optional()
      .describe('Actors who may promote; an actor is a claim'),
    bench: benchSettings.optional(),
    onPromote: z
      .array(text)
      .min(1)
      .max(100)
      .optional()
      .describe(
        'A program, by its absolute path or a name on PATH, and its arguments, run after a promotion with the event as JSON on its stdin; never a shell',
      ),
  })
  .meta({
    description: 'What a promotion to this stage must meet',
    // For the published schema; `checkPolicy` says it in words.
    dependentRequired: { soak: ['from'] },
  });

/** The file of `policy apply`; other keys are refused. */
export const policySchema = z
  .strictObject({
    stages: z.record(stageName, policyStage).optional().describe('By the name of the stage'),
    metrics: z
      .record(key, z.enum(['higher', 'lower']))
      .optional()
      .describe('What is better, for metrics whose name does not tell'),
  })
  .describe('The policy of a registry: what promotions must meet');

export type Policy = z.infer<typeof policySchema>;
export type PolicyStage = z.infer<typeof policyStage>;
export type BenchSettings = z.infer<typeof benchSettings>;
export type WhenEmpty = NonNullable<PolicyStage['whenEmpty']>;

/** A policy file's text. INVALID_INPUT with the place and the reason; its gates are read when the stages are known. */
export function parsePolicy(json: string, what: string): Policy {
  return checkPolicy(parseStrictJson(json, { what, maxBytes: maxPolicyBytes, maxDepth: 16 }), what);
}

export function checkPolicy(value: unknown, what: string): Policy {
  const result = policySchema.safeParse(value);
  if (!result.success) throw refuse(what, result.error);
  const policy = result.data;
  for (const [name, stage] of Object.entries(policy.stages ?? {})) {
    if (stage.soak !== undefined && stage.from === undefined) {
      throw new MlregError('INVALID_INPUT', `${what} is refused: stages.${name} has soak, but no from`, {
        hint: `name the stage it must have held so long: "from": ["staging"]`,
      });
    }
  }
  return policy;
}

/**
 * INVALID_INPUT where a program is named by a relative path, which would be another file for each folder that somebody promotes from. Not
 * part of `checkPolicy`: what was stored before must still read.
 */
export function refuseRelativePrograms(policy: Policy, what: string): void {
  for (const [name, { onPromote = [] }] of Object.entries(policy.stages ?? {})) {
    if (!namesRelativeProgram(onPromote)) continue;
    throw new MlregError(
      'INVALID_INPUT',
      `${what} is refused: stages.${name}.onPromote runs ${quote(onPromote[0] ?? '')}, a relative path: it would be another file for each folder that somebody promotes from`,
      { hint: 'give the absolute path, or the name of a program that is on PATH' },
    );
  }
}

/** Whether a command's program is found by neither PATH nor an absolute path. */
export function namesRelativeProgram([program = '']: readonly string[]): boolean {
  return program.includes('/') && !program.startsWith('/');
}

function parsed(shape: RegExp, parse: (text: string) => unknown, otherwise: string) {
  return z
    .string()
    .regex(shape, otherwise)
    .refine((given) => {
      try {
        parse(given);
        return true;
      } catch (error) {
        if (isMlregError(error)) return false;
        throw error;
      }
    }, otherwise);
}

function refuse(what: string, error: z.ZodError): MlregError {
  const issue = error.issues[0];
  const place = issue?.path.map(String).join('.') ?? '';
  const why =
    issue?.code === 'unrecognized_keys'
      ? `unknown key ${issue.keys.map(quote).join(', ')}${place === '' ? '' : ` in ${quote(place)}`}`
      : `${place === '' ? '' : `${quote(place)}: `}${issue?.message ?? 'unreadable'}`;
  return new MlregError('INVALID_INPUT', `${what} is refused: ${why}`, {
    hint: 'mlreg help policies shows what a policy holds, mlreg schema policy is its JSON Schema',
  });
}
