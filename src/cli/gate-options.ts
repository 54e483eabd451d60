import type { Command } from 'commander';
import { basename, resolve } from 'node:path';
import { parseDuration } from '../core/duration.ts';
import type { WhenEmpty } from '../core/policy.ts';
import { quote } from '../core/quote.ts';
import type { GateInput } from '../registry/judge-promotion.ts';
import { choice, collect, namedPath } from './options.ts';
import { readText } from './read-text.ts';

export interface GateFlags {
  require?: string[];
  policy?: string;
  whenEmpty?: WhenEmpty;
  reuseBench?: string;
}

/** What a promotion can be asked for beside the registry's policy. */
export function addGateOptions(command: Command): Command {
  return command
    .option(
      '--require <gates>',
      'only if these hold: accuracy>=0.9, p95<20ms, golden … (mlreg help policies); repeatable',
      collect,
    )
    .option('--policy <file>', "only if it meets this policy, too; the registry's own always holds")
    .addOption(
      choice('--when-empty <what>', 'what gates that compare with a stage say while nobody holds it', [
        'block',
        'pass',
      ]).default(undefined, 'block'),
    )
    .option(
      '--reuse-bench <age>',
      'judge latency by a stored bench of the same bytes and inputs on this machine that is no older: 24h',
      (text) => {
        parseDuration(text);
        return text;
      },
    );
}

export async function readGates(
  { require, policy, whenEmpty, reuseBench }: GateFlags,
  cwd: string,
): Promise<GateInput> {
  return {
    ...(require === undefined ? {} : { require }),
    ...(policy === undefined ? {} : { policy: await readPolicy(policy, '--policy', cwd) }),
    ...(whenEmpty === undefined ? {} : { whenEmpty }),
    ...(reuseBench === undefined ? {} : { reuseBench }),
  };
}

export async function readPolicy(
  file: string,
  flag: string,
  cwd: string,
): Promise<NonNullable<GateInput['policy']>> {
  const { maxPolicyBytes, parsePolicy } = await import('../core/policy.ts');
  const what = quote(basename(file));
  const text = await readText(resolve(cwd, namedPath(flag, file)), maxPolicyBytes, 'a policy is small');
  return { policy: parsePolicy(text, what), what };
}
