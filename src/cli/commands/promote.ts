import type { Command } from 'commander';
import { parseExplicitReference } from '../../core/reference.ts';
import { parseStageName } from '../../core/stage.ts';
import type { Act } from '../command-module.ts';
import { addGateOptions, readGates, type GateFlags } from '../gate-options.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { failOnHookOption, parseExpect } from '../options.ts';

interface Options extends GateFlags {
  to: string;
  expect?: string;
  dryRun?: boolean;
  force?: boolean;
  failOnHook?: boolean;
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  const command = parent
    .command('promote')
    .argument('<ref>', 'the version, with a selector: digits@1.1.0, digits@staging … (mlreg help references)')
    .summary('point a stage at a version')
    .description(
      'Points a stage at a version, after verifying its bytes and judging what the policy and --require demand. Promoting the holder again ' +
        'changes nothing. What the gates found is kept with the event; exit code 5 where they let nothing through, which is an event, too.',
    )
    .requiredOption('--to <stage>', 'the stage, such as production')
    .option('--expect <version>', 'only if this version holds the stage now; "none": only if nobody does');
  return addGateOptions(command)
    .option('--dry-run', 'check, and say what would happen')
    .option(
      '--force',
      'promote though gates do not pass; -m must say why, and the event says what was overridden',
    )
    .addOption(failOnHookOption())
    .option('-m, --message <text>', 'why, for the history')
    .action(
      act(
        async (
          session,
          text: string,
          { to, expect, dryRun, force, failOnHook, message, ...flags }: Options,
        ) => {
          const ref = parseExplicitReference(text);
          const stage = parseStageName(to);
          const expected = expect === undefined ? {} : { expect: parseExpect(expect) };
          const [{ blockedBy, promote }, { hookObjection }, { moveView }, gates] = await Promise.all([
            import('../../registry/promote.ts'),
            import('../../registry/run-hook.ts'),
            import('../../render/move-view.ts'),
            readGates(flags, session.cwd),
          ]);
          await session.withRegistry(async (registry) => {
            const result = await promote(registry, {
              ref,
              stage,
              ...expected,
              ...gates,
              dryRun: dryRun === true,
              force: force === true,
              ...(message === undefined ? {} : { message }),
            });
            await session.output.show('promote', moveView('promote'), result, {
              changed: result.changed,
              warnings: result.warnings,
            });
            const problem = blockedBy(result) ?? (failOnHook === true ? hookObjection(result) : undefined);
            if (problem !== undefined) session.fail(problem);
          });
        },
      ),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['Put a version into production:', 'mlreg promote digits@1.1.0 --to production'],
      [
        'Only if nobody else moved it meanwhile:',
        'mlreg promote digits@1.1.0 --to production --expect 1.0.1 -m "better on the new data"',
      ],
      [
        'Only if it is good enough, and no worse than what is there:',
        "mlreg promote digits@1.1.0 --to production \\\n  --require 'accuracy>=0.97, accuracy>=production-0.005' --require golden",
      ],
      [
        'By a latency that was measured a moment ago, if there is one:',
        "mlreg promote digits@1.0.0 --to staging --require 'p95<1s' --reuse-bench 24h",
      ],
      ['Would it work? Nothing is changed:', 'mlreg promote digits@1.1.0 --to production --dry-run'],
    ],
    output:
      'JSON: name, stage, from (null: nothing), to, generation, changed, gates[] {gate, verdict, observed, threshold, reason}, event, hooks[] {command, code, signal, error, output}. --quiet prints the reference.',
    exitCodes: {
      0: 'the stage points at the version now, or did already ("changed": false)',
      3: 'no such registry, version, stage or policy file',
      4: '--expect did not hold, or the version is yanked',
      5: 'a gate says fail, or inconclusive: nothing was promoted',
      ...registryCodes,
      6: 'bytes of the version are missing or changed: nothing was promoted',
      10: 'with --fail-on-hook: promoted, and a program that the policy runs after it failed',
    },
    seeAlso: ['rollback', 'demote', 'policy', 'history', 'policies', 'references'],
  };
}
