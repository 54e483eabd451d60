import type { Command } from 'commander';
import { basename, resolve } from 'node:path';
import { parseDuration } from '../../core/text/units.ts';
import type { WhenEmpty } from '../../core/events/policy.ts';
import { quote } from '../../core/text/quote.ts';
import type { GateInput } from '../../registry/stages/judge-promotion.ts';
import { choice, collect, sourcePath } from './options.ts';
import { readText } from '../../files/read-text.ts';

export interface GateFlags {
  require?: string[];
  policy?: string;
  whenEmpty?: WhenEmpty;
  reuseBench?: string;
}

/** Adds the options for gates in addition to the registry's policy. */
export function addGateOptions(command: Command): Command {
  return command
    .option(
      '--require <gates>',
      'gates that must pass: accuracy>=0.9, p95<20ms, golden … (repeatable; see mlreg help policies)',
      collect,
    )
    .option('--policy <file>', "additional policy to meet; the registry's policy always applies")
    .addOption(
      choice('--when-empty <what>', 'verdict of gates that compare with an empty stage', [
        'block',
        'pass',
      ]).default(undefined, 'block'),
    )
    .option(
      '--reuse-bench <age>',
      'use a stored benchmark of the same bytes and inputs on this machine for latency gates, if it is at most this old: 24h',
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
  const { maxPolicyBytes, parsePolicy } = await import('../../core/events/policy.ts');
  const what = quote(basename(file));
  const text = await readText(
    resolve(cwd, sourcePath(flag, file)),
    maxPolicyBytes,
    'check the path: policies are small',
  );
  return { policy: parsePolicy(text, what), what };
}
