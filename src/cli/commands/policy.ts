import type { Command } from 'commander';
import { resolve } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import { parseReference } from '../../core/reference.ts';
import { parseStageName } from '../../core/stage.ts';
import type { Act } from '../command-module.ts';
import { addGateOptions, readGates, readPolicy, type GateFlags } from '../gate-options.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { markdownOption, namedPath, standardOutput } from '../options.ts';
import { writeText } from '../write-text.ts';

interface CheckOptions extends GateFlags {
  to: string;
  junit?: string;
}

export function define(parent: Command, act: Act): Command {
  const command = parent
    .command('policy')
    .summary('show, apply or check what promotions must meet')
    .description(
      'What a version must meet to be promoted to a stage: gates, an order of stages, approvals. A policy is a JSON file; once applied, it holds for every ' +
        'promotion, and each change of it is an event (mlreg help policies).',
    )
    .helpCommand(false);
  command
    .command('show')
    .argument('[stage]', 'only of this stage')
    .summary('show the policy in force')
    .description('Shows the policy in force, of all stages or of one.')
    .action(
      act(async (session, text: string | undefined) => {
        const stage = text === undefined ? undefined : parseStageName(text);
        const [{ showPolicy }, { policyView }] = await Promise.all([
          import('../../registry/policy.ts'),
          import('../../render/policy-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await showPolicy(registry, stage);
          await session.output.show('policy', policyView, result, { changed: false });
        });
      }),
    );
  command
    .command('apply')
    .argument('<file>', 'a JSON file (mlreg schema policy)')
    .summary('put a policy in force')
    .description(
      'Puts a policy in force, in place of the one before. It is checked first: stages must be declared, and gates must read.',
    )
    .option('-m, --message <text>', 'why, for the history')
    .action(
      act(async (session, file: string, { message }: { message?: string }) => {
        const [{ applyPolicy }, { policyView }, given] = await Promise.all([
          import('../../registry/policy.ts'),
          import('../../render/policy-view.ts'),
          readPolicy(file, 'PATH', session.cwd),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await applyPolicy(registry, { ...given, message });
          const { changed, warnings } = result;
          await session.output.show('policy', policyView, result, { changed, warnings });
        });
      }),
    );
  addGateOptions(
    command
      .command('check')
      .argument('<ref>', 'the version: digits@1.1.0, digits@staging … (mlreg help references)')
      .summary('judge a version as a promotion would')
      .description(
        'Judges a version by all that a promotion to the stage must meet, and changes nothing. Exit code 5 unless every gate passes.',
      )
      .requiredOption('--to <stage>', 'the stage, such as production')
      .option('--junit <file>', 'also write the gates as JUnit test cases'),
  )
    .addOption(markdownOption())
    .action(
      act(async (session, text: string, { to, junit: path, ...flags }: CheckOptions) => {
        const ref = parseReference(text);
        const stage = parseStageName(to);
        const report = path === undefined ? undefined : resolve(session.cwd, reportPath(path));
        const [verbs, { policyCheckView }, gates] = await Promise.all([
          import('../../registry/check-promotion.ts'),
          import('../../render/policy-view.ts'),
          readGates(flags, session.cwd),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await verbs.checkPromotion(registry, { ref, stage, ...gates });
          if (report !== undefined) {
            const { junit } = await import('../../render/junit.ts');
            await writeText(registry, report, junit(result), { flag: '--junit', replace: true });
          }
          const { warnings } = result;
          await session.output.show('policy', policyCheckView, result, { changed: false, warnings });
          const problem = verbs.checkObjection(result);
          if (problem !== undefined) session.fail(problem);
        });
      }),
    );
  return command;
}

/** Standard output has the result already. */
function reportPath(path: string): string {
  if (path !== standardOutput) return namedPath('--junit', path);
  throw new MlregError('USAGE', '--junit - is standard output, where the result goes', {
    hint: 'name a file: --junit gates.xml',
  });
}

const codes = { 3: 'no such registry, version, stage or file', ...registryCodes };

export function help(): CommandHelp {
  const gateCode = 'a gate says fail, or inconclusive';
  const yanked = 'the version is yanked';
  return {
    examples: [
      ['Put a policy in force:', 'mlreg policy apply policy.json -m "agreed on Monday"'],
      ['What must a version meet for production?', 'mlreg policy show production'],
      ['Would it be let through? Nothing is changed:', 'mlreg policy check digits@1.1.0 --to staging'],
    ],
    output: 'JSON: policy, event, changed; check: verdict, gates[].',
    exitCodes: { 0: 'done, or already so', ...codes, 4: `check: ${yanked}`, 5: `check: ${gateCode}` },
    seeAlso: ['promote', 'approve', 'history', 'policies'],
    commands: {
      show: {
        examples: [['What must a version meet for production?', 'mlreg policy show production']],
        output:
          'JSON: policy (as it was applied; null: none, or nothing is asked of the stage), event (which applied it). --quiet prints the hash of the event.',
        exitCodes: { 3: 'no such registry or stage', ...registryCodes },
        seeAlso: ['policy', 'policies'],
      },
      apply: {
        examples: [['Put a policy in force:', 'mlreg policy apply policy.json -m "agreed on Monday"']],
        output: 'JSON: policy, event, changed. --quiet prints the hash of the event.',
        exitCodes: {
          0: 'in force, or it was already',
          2: 'the file is no policy, or a gate does not read: the error names the place',
          3: 'no such registry or file, or a stage is not declared',
          ...registryCodes,
        },
        seeAlso: ['policy', 'schema', 'policies'],
      },
      check: {
        examples: [
          ['Would it be let through? Nothing is changed:', 'mlreg policy check digits@1.1.0 --to staging'],
          [
            'In a pull request, by a policy that is not in force yet:',
            'mlreg policy check digits@1.1.0 --to staging --policy policy.json --junit gates.xml --markdown',
          ],
        ],
        output:
          'JSON: ref, stage, holder, verdict, gates[] {gate, verdict, observed, threshold, reason}. --quiet prints the reference.',
        exitCodes: {
          0: 'every gate passes',
          ...codes,
          4: yanked,
          5: gateCode,
          6: 'bytes of the version are missing or changed, or the policy was tampered with',
        },
        seeAlso: ['policy', 'promote', 'policies'],
      },
    },
  };
}
