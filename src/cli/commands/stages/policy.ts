import type { Command } from 'commander';
import { resolve } from 'node:path';
import { parseReference, parseStageName } from '../../../core/versions/reference.ts';
import { shellWord } from '../../../core/text/quote.ts';
import type { Act } from '../../command-module.ts';
import { addGateOptions, readGates, readPolicy, type GateFlags } from '../../options/gate-options.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { markdownOption, parseOutputFile } from '../../options/options.ts';
import { addStageArgument, requiredStage, toStage, type StageFlags } from '../../options/stage-options.ts';
import { writeText } from '../../output/write-text.ts';

interface CheckOptions extends GateFlags, StageFlags {
  junit?: string;
}

export function define(parent: Command, act: Act): Command {
  const command = parent
    .command('policy')
    .summary('show, apply, remove or check promotion policies')
    .description(
      'A policy defines what a version must meet to be promoted to a stage: gates, an order of stages, approvals. It is a JSON file; once applied, it applies to ' +
        'every promotion, and each change of it is an event (mlreg help policies).',
    )
    .helpCommand(false);
  command
    .command('show')
    .argument('[stage]', 'only this stage')
    .summary('show the current policy')
    .description('Shows the current policy, for all stages or for one.')
    .action(
      act(async (session, text: string | undefined) => {
        const stage = text === undefined ? undefined : parseStageName(text);
        const [{ showPolicy }, { policyView }] = await Promise.all([
          import('../../../api/verbs/stages/policy.ts'),
          import('../../../render/stages/policy-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await showPolicy(registry, stage);
          await session.output.show('policy', policyView, result, { changed: false });
        });
      }),
    );
  command
    .command('apply')
    .argument('<file>', 'JSON file (see mlreg schema policy)')
    .summary('apply a policy')
    .description(
      'Applies a policy and replaces the current one. It is validated first: stages must be declared, and gates must parse.',
    )
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, file: string, { message }: { message?: string }) => {
        const [{ applyPolicy }, { policyView }, given] = await Promise.all([
          import('../../../api/verbs/stages/policy.ts'),
          import('../../../render/stages/policy-view.ts'),
          readPolicy(file, 'PATH', session.cwd),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await applyPolicy(registry, { ...given, message });
          const { changed, warnings } = result;
          await session.output.show('policy', policyView, result, { changed, warnings });
        });
      }),
    );
  command
    .command('remove')
    .argument('<stage>', 'stage that shall have no policy')
    .summary('remove the policy of a stage')
    .description(
      'Removes the requirements of one stage from the policy; those of other stages stay. The removed ones remain in the history.',
    )
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, text: string, { message }: { message?: string }) => {
        const stage = parseStageName(text);
        const [{ removePolicy }, { policyRemoveView }] = await Promise.all([
          import('../../../api/verbs/stages/policy.ts'),
          import('../../../render/stages/policy-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await removePolicy(registry, { stage, message });
          const { changed, warnings } = result;
          await session.output.show('policy', policyRemoveView, result, { changed, warnings });
        });
      }),
    );
  const check = command
    .command('check')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@staging (see mlreg help references)')
    .summary('check a version against the policy')
    .description(
      'Checks a version against everything that a promotion to the stage requires, without changing anything. Exits with code 5 unless every gate passes.',
    );
  addGateOptions(
    addStageArgument(check, toStage).option(
      '--junit <file>',
      'also write the gates as JUnit test cases',
      parseOutputFile('--junit', 'gates.xml'),
    ),
  )
    .addOption(markdownOption())
    .action(
      act(async (session, text: string, argument: string | undefined, options: CheckOptions) => {
        const { junit: path, ...flags } = options;
        const ref = parseReference(text);
        const typed = `mlreg policy check ${shellWord(text)}`;
        const stage = requiredStage(argument, flags, { typed, ways: toStage });
        const report = path === undefined ? undefined : resolve(session.cwd, path);
        const [verbs, { policyCheckView }, gates] = await Promise.all([
          import('../../../api/verbs/stages/policy.ts'),
          import('../../../render/stages/policy-view.ts'),
          readGates(flags, session.cwd),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await verbs.checkPromotion(registry, { ref, stage, ...gates });
          if (report !== undefined) {
            const { junit } = await import('../../../render/stages/junit.ts');
            await writeText(registry, report, junit(result), { flag: '--junit', replace: true });
          }
          const { warnings } = result;
          await session.output.show('policy', policyCheckView, result, { changed: false, warnings });
          const problem = verbs.checkFailure(result);
          if (problem !== undefined) session.fail(problem);
        });
      }),
    );
  return command;
}

const codes = { 3: 'no such registry, version, stage or file', ...registryCodes };

export function help(): CommandHelp {
  const gateCode = 'a gate failed or was inconclusive';
  const yanked = 'the version is yanked';
  return {
    examples: [
      ['Apply a policy:', 'mlreg policy apply policy.json -m "agreed on Monday"'],
      ['Show the requirements of production:', 'mlreg policy show production'],
      ['Check a version without changing anything:', 'mlreg policy check digits@1.1.0 staging'],
    ],
    output: '--quiet prints the hash of the event; of check, the reference.',
    exitCodes: { 0: 'done, or nothing to do', ...codes, 4: `check: ${yanked}`, 5: `check: ${gateCode}` },
    seeAlso: ['promote', 'approve', 'history', 'policies'],
    commands: {
      show: {
        examples: [['Show the requirements of production:', 'mlreg policy show production']],
        output: '--quiet prints the hash of the event.',
        exitCodes: { 3: 'no such registry or stage', ...registryCodes },
        seeAlso: ['policy', 'policies'],
      },
      apply: {
        examples: [['Apply a policy:', 'mlreg policy apply policy.json -m "agreed on Monday"']],
        output: '--quiet prints the hash of the event.',
        exitCodes: {
          0: 'applied, or already in force',
          2: 'invalid policy or gate; the error shows the position',
          3: 'no such registry or file, or a stage is not declared',
          ...registryCodes,
        },
        seeAlso: ['policy', 'schema', 'policies'],
      },
      remove: {
        examples: [
          [
            'Promote to staging without gates from now on:',
            'mlreg policy remove staging -m "only for tests"',
          ],
        ],
        output: '--quiet prints the hash of the event.',
        exitCodes: {
          0: 'removed, or there was none ("changed": false)',
          3: 'no such registry or stage',
          ...registryCodes,
        },
        seeAlso: ['policy', 'history', 'policies'],
      },
      check: {
        examples: [
          ['Check a version without changing anything:', 'mlreg policy check digits@1.1.0 staging'],
          [
            'In a pull request, with a policy that is not applied yet:',
            'mlreg policy check digits@1.1.0 staging --policy policy.json --junit gates.xml --markdown',
          ],
        ],
        output: '--quiet prints the reference.',
        exitCodes: {
          0: 'every gate passes',
          ...codes,
          4: yanked,
          5: gateCode,
          6: "the version's bytes are missing or corrupt, or the policy was changed outside mlreg",
        },
        seeAlso: ['policy', 'promote', 'policies'],
      },
    },
  };
}
