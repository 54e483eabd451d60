import type { Command } from 'commander';
import { resolve } from 'node:path';
import { parseReference, parseStageName } from '../../../core/versions/reference.ts';
import type { PredicateKind } from '../../../core/versions/statement.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { choice, namedPath, standardOutput } from '../../options/options.ts';
import { writeText } from '../../output/write-text.ts';

interface Options {
  stage?: string;
  predicate?: PredicateKind;
  all?: boolean;
  output?: string;
  force?: boolean;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('attest')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@production (see mlreg help references)')
    .summary('print the gate results of its promotions as attestations')
    .description(
      "Writes the gate results of a version's promotions as in-toto statements (Statement v1), one JSON object per line. For the last attempt at each stage: a test " +
        'result (test-result/v0.1), and if it was promoted also a verification result (svr/v0.1). The subjects are its manifest and its files. ' +
        'The statements are not signed: sign them with a tool of your choice.',
    )
    .option('--stage <stage>', 'only promotions to this stage')
    .addOption(choice('--predicate <kind>', 'only this kind of statement', ['test-result', 'promotion']))
    .option('--all', 'every attempt, not only the last one for each stage')
    .option('-o, --output <file>', 'file to write (default, and -: stdout)', (text) =>
      namedPath('--output', text),
    )
    .option('--force', 'replace the file if it exists')
    .action(
      act(async (session, text: string, { stage, predicate, all, output, force }: Options) => {
        const input = {
          ref: parseReference(text),
          stage: stage === undefined ? undefined : parseStageName(stage),
          predicate,
          all,
        };
        const [{ attest }, { attestView, statementLines }] = await Promise.all([
          import('../../../api/verbs/exchange/attest.ts'),
          import('../../../render/exchange/attest-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const attestation = await attest(registry, input);
          const isPrinted = output === undefined || output === standardOutput;
          const file = isPrinted ? null : resolve(session.cwd, output);
          if (file !== null) {
            const lines = statementLines(attestation).map((line) => `${line}\n`);
            await writeText(registry, file, lines.join(''), { flag: '-o', replace: force === true });
          }
          await session.output.show('attest', attestView, {
            ...attestation,
            file,
            asked: output === standardOutput,
          });
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      [
        'Show the evidence for the version in production:',
        'mlreg attest digits@production --stage production',
      ],
      [
        'Write one statement to a file, for signing:',
        'mlreg attest digits@production --stage production --predicate promotion \\\n  -o promotion.json',
      ],
    ],
    output: '--quiet prints the file, or the reference; with -o - the statements.',
    exitCodes: {
      3: 'no such registry, version or stage, no output folder, or no gates were run for the version',
      4: 'the file exists: see --force',
      ...registryCodes,
      6: 'the evidence was changed: see mlreg verify',
    },
    seeAlso: ['promote', 'history', 'verify', 'policies'],
  };
}
