import * as z from 'zod';
import { type MlregError, isMlregError } from '../errors.ts';
import { invalidInput, whyUnfit } from '../json/invalid-input.ts';
import { parseStrictJson } from '../json/strict-json.ts';
import { monitorRules } from '../measurements/monitor-rules.ts';
import { benchNumbers } from '../measurements/bench.ts';
import { byteSizeShape, parseByteSize, durationShape, parseDuration } from '../text/units.ts';
import { marginShape } from '../text/margin.ts';
import { plainText } from '../text/plain-text.ts';
import { quote } from '../text/quote.ts';
import { isStageName } from '../versions/reference.ts';

/** The size limit of a policy, in bytes of UTF-8. */
export const maxPolicyBytes = 256 * 1024;

const text = plainText.min(1).max(4096);
const key = text.max(256);
const stageName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'must be a stage name, a lower-case word')
  .refine(isStageName, 'must be a stage name');
// Patterns for the published schema; the parsers also know the maximum.
const duration = parsed(durationShape, parseDuration, 'must be a duration, for example 30s or 24h');
const size = parsed(byteSizeShape, parseByteSize, 'must be a size, for example 2GiB');
const whole = (least: number, most: number) => z.number().int().min(least).max(most);

/** The options of a bench that are whole numbers. */
function benchCounts() {
  const fields = Object.entries(benchNumbers).map(([name, { least, most, about }]) => {
    const description = about.charAt(0).toUpperCase() + about.slice(1);
    return [name, whole(least, most).optional().describe(description)] as const;
  });
  return Object.fromEntries(fields) as Record<keyof typeof benchNumbers, z.ZodOptional<z.ZodNumber>>;
}

const benchSettings = z
  .strictObject({
    duration: duration.optional().describe('Minimum total measuring time'),
    ...benchCounts(),
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
    timeout: duration
      .optional()
      .describe('Time limit for all measurements of one promotion; after it they are inconclusive'),
    memoryLimit: size.optional(),
    reuse: duration
      .optional()
      .describe(
        'Use a stored benchmark of the same bytes and inputs on an equivalent machine if it is at most this old',
      ),
  })
  .describe('How latency gates measure');

const monitorSettings = z
  .strictObject({
    metric: key.optional().describe('Metric of evaluations (default: accuracy, or rmse for numbers)'),
    every: z.enum(['day', 'week']).optional().describe('Length of a window (default: day)'),
    as: key.optional().describe('Name of the data set (evaluate --as)'),
    rule: z.enum(monitorRules).optional(),
    drops: whole(2, 30).optional().describe('Falls in a row that count (default: 3)'),
    loss: z
      .string()
      .regex(marginShape, 'must be a number or a percentage, for example "0.01" or "5%"')
      .optional()
      .describe('Smallest fall that matters (default: 0.01; 5% where less is better)'),
    minLabels: whole(1, 1_000_000_000).optional().describe('Fewest labels of a window (default: 30)'),
    coolDown: duration.optional().describe('How long an alarm is the same one (default: 7 windows)'),
    autoRollback: z
      .boolean()
      .optional()
      .describe('Roll back to the last holder without an alarm, once for each alarm'),
    onAlarm: z
      .array(text)
      .min(1)
      .max(100)
      .optional()
      .describe('Program and arguments to run once for each alarm; it gets the result as JSON on stdin'),
  })
  .describe('How mlreg monitor watches the quality of this stage');

const policyStage = z
  .strictObject({
    from: z
      .array(stageName)
      .min(1)
      .optional()
      .describe('The version must currently hold one of these stages'),
    require: z.array(text.max(2000)).max(100).optional().describe('Gates: see mlreg help policies'),
    whenEmpty: z
      .enum(['block', 'pass'])
      .optional()
      .describe('Verdict of gates that compare with an empty stage (default: block)'),
    soak: duration.optional().describe('How long it must have held a stage in "from"'),
    protected: z
      .array(text.max(256))
      .min(1)
      .optional()
      .describe('Actors allowed to promote (the actor name is not authenticated)'),
    bench: benchSettings.optional(),
    golden: z
      .strictObject({
        allowSelf: z
          .boolean()
          .optional()
          .describe("Let the golden gate pass on sets made from the version's own outputs alone"),
      })
      .optional()
      .describe('Settings of the golden gate'),
    maxAge: duration
      .optional()
      .describe('Greatest age of a saved comparison for the gates better and notworse (default: 7d)'),
    monitor: monitorSettings.optional(),
    onPromote: z
      .array(text)
      .min(1)
      .max(100)
      .optional()
      .describe(
        'Program (absolute path or name on PATH) and arguments to run after a promotion, without a shell; it gets the event as JSON on stdin',
      ),
  })
  .meta({
    description: 'Requirements for a promotion to this stage',
    // For the published schema; `checkPolicy` explains it in words.
    dependentRequired: { soak: ['from'] },
  });

/** The file that `policy apply` reads; unknown keys are refused. */
export const policySchema = z
  .strictObject({
    stages: z.record(stageName, policyStage).optional().describe('Keyed by stage name'),
    metrics: z
      .record(key, z.enum(['higher', 'lower']))
      .optional()
      .describe('Direction of metrics that mlreg does not know by name'),
  })
  .describe('Promotion requirements of a registry');

export type Policy = z.infer<typeof policySchema>;
/** A policy for one promotion, beside the registry's; `what` names its source. */
export interface GivenPolicy {
  policy: Policy;
  what: string;
}

export type PolicyStage = z.infer<typeof policyStage>;
export type BenchSettings = z.infer<typeof benchSettings>;
export type WhenEmpty = NonNullable<PolicyStage['whenEmpty']>;

/**
 * Parses a policy file. INVALID_INPUT with the place and the reason; its gates are parsed when the
 * stages are known.
 */
export function parsePolicy(json: string, what: string): Policy {
  return checkPolicy(parseStrictJson(json, { what, maxBytes: maxPolicyBytes, maxDepth: 16 }), what);
}

export function checkPolicy(value: unknown, what: string): Policy {
  const result = policySchema.safeParse(value);
  if (!result.success) throw refuse(what, result.error);
  const policy = result.data;
  for (const [name, stage] of Object.entries(policy.stages ?? {})) {
    if (stage.soak !== undefined && stage.from === undefined) {
      const hint = 'add the stage that the version must have held: "from": ["staging"]';
      throw invalidInput(what, `stages.${name} has "soak" but no "from"`, hint);
    }
  }
  return policy;
}

/**
 * INVALID_INPUT for a program with a relative path, which would be a different file for each
 * working folder. Not part of `checkPolicy`: policies that are already stored must still be
 * readable.
 */
export function refuseRelativePrograms(policy: Policy, what: string): void {
  for (const [name, { onPromote = [], monitor }] of Object.entries(policy.stages ?? {}))
    for (const [key, command] of Object.entries({ onPromote, 'monitor.onAlarm': monitor?.onAlarm ?? [] })) {
      if (!namesRelativeProgram(command)) continue;
      throw invalidInput(
        what,
        `stages.${name}.${key} must be an absolute path or a program on PATH, not ${quote(command[0] ?? '')}`,
        'use the absolute path, or the name of a program on PATH',
      );
    }
}

/** Whether a command's program is neither looked up in PATH nor named by an absolute path. */
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
  const hint = 'see mlreg help policies; mlreg schema policy prints the JSON Schema';
  return invalidInput(what, whyUnfit(error), hint);
}
