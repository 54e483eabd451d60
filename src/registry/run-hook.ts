import { isMlregError } from '../core/errors.ts';
import type { RegistryEvent } from '../core/event.ts';
import type { ModelName } from '../core/model-name.ts';
import type { StageName } from '../core/stage.ts';
import type { Version } from '../core/version.ts';
import { authorship, type Registry } from './registry.ts';
import { describeFailure, failureOf, runProgram } from './run-program.ts';

/** A program that never ends would hold up the job that promoted. */
const timeoutMs = 60_000;

/**
 * Runs a program of the policy after a promotion: see `runProgram`. The promotion stands whatever comes of it: a failure is an event, and a
 * warning.
 */
export async function runHook(
  registry: Registry,
  command: string[],
  event: RegistryEvent,
): Promise<string[]> {
  const { home, signal } = registry;
  const ended = await runProgram(command, event, { home, timeoutMs, signal });
  const how = failureOf(ended);
  if (how === null) return [];
  const warning = `after the promotion, as the policy asks, ${describeFailure(command, how, ended)}`;
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
    return [warning];
  } catch (error) {
    if (!isMlregError(error)) throw error;
    return [warning, `the failure was not recorded: ${error.message}`];
  }
}
