import { isMlregError } from '../../core/errors.ts';
import type { RegistryEvent } from '../../core/events/event.ts';
import type { ModelName, StageName } from '../../core/versions/reference.ts';
import { namesRelativeProgram } from '../../core/events/policy.ts';
import type { Version } from '../../core/versions/version.ts';
import { locationText, authorship, type Registry } from '../registry.ts';
import { describeFailure, failureOf, runProgram, type Ended } from './run-program.ts';

/** A program that never ends would block the job that promoted. */
const timeoutMs = 60_000;

/** A program that the policy ran after a promotion, and how it ended. */
export type HookRun = { command: string[] } & Ended;

/**
 * Runs one of the policy's programs after a promotion: see `runProgram`. The promotion stands
 * whatever the result; a failure becomes an event and a warning. A program with a relative path is
 * not run: it would be a different file depending on the folder that the promotion is run in.
 */
export async function runHook(
  registry: Registry,
  command: string[],
  event: RegistryEvent,
): Promise<{ hook: HookRun; warnings: string[] }> {
  const { signal } = registry;
  const ended = namesRelativeProgram(command)
    ? notRun
    : await runProgram(command, { ...event, event }, { registry: locationText(registry), timeoutMs, signal });
  const hook = { command, ...ended };
  const how = failureOf(ended);
  if (how === null) return { hook, warnings: [] };
  const warning = `the promotion succeeded, but its onPromote hook ${describeFailure(command, how, ended)}`;
  const { model, version, stage } = event;
  try {
    await registry.metadata.note({
      action: 'hook',
      model: model as ModelName,
      version: version as Version,
      stage: stage as StageName,
      details: { command, event: event.seq, ...ended },
      ...authorship(registry, how),
    });
    return { hook, warnings: [warning] };
  } catch (error) {
    if (!isMlregError(error)) throw error;
    return { hook, warnings: [warning, `the failure was not recorded: ${error.message}`] };
  }
}

const notRun: Ended = {
  code: null,
  signal: null,
  error: 'not run, because its path is relative: apply the policy with the absolute path',
  output: '',
};
