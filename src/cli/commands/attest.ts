import type { Command } from 'commander';
import { resolve } from 'node:path';
import { parseReference } from '../../core/reference.ts';
import { parseStageName } from '../../core/stage.ts';
import type { PredicateKind } from '../../core/statement.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { choice, namedPath, standardOutput } from '../options.ts';
import { writeText } from '../write-text.ts';

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
    .argument('<ref>', 'the version: digits@1.1.0, digits@production … (mlreg help references)')
    .summary('state what the gates of its promotions found')
    .description(
      'Writes what the gates of promotions of a version found, as in-toto statements (Statement v1), one JSON object a line: of the last attempt for each stage its test ' +
        'result (test-result/v0.1), and where it was promoted a verification result (svr/v0.1). The subjects are its manifest and its files. ' +
        'They are not signed: sign them with the tool of your choice.',
    )
    .option('--stage <stage>', 'only of promotions to this stage')
    .addOption(choice('--predicate <kind>', 'only the one or the other', ['test-result', 'promotion']))
    .option('--all', 'of every attempt, not only of the last one for each stage')
    .option('-o, --output <file>', 'the file to write (default, and -: standard output)', (text) =>
      namedPath('--output', text),
    )
    .option('--force', 'replace the file if it is there')
    .action(
      act(async (session, text: string, { stage, predicate, all, output, force }: Options) => {
        const input = {
          ref: parseReference(text),
          stage: stage === undefined ? undefined : parseStageName(stage),
          predicate,
          all,
        };
        const [{ attest }, { attestView, statementLines }] = await Promise.all([
          import('../../registry/attest.ts'),
          import('../../render/attest-view.ts'),
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
      ['By what evidence is it in production?', 'mlreg attest digits@production --stage production'],
      [
        'One document for a signer, which takes the whole statement:',
        'mlreg attest digits@production --stage production --predicate promotion \\\n  -o promotion.json',
      ],
    ],
    output:
      'JSON: ref, file (null: printed), statements[] {_type, subject[], predicateType, predicate}. --quiet prints the file, or the reference; with -o - the statements.',
    exitCodes: {
      3: 'no such registry, version or stage, no folder to write to, or no gate ever judged the version',
      4: 'the file is there already: see --force',
      ...registryCodes,
      6: 'the evidence was tampered with: see mlreg verify',
    },
    seeAlso: ['promote', 'history', 'verify', 'policies'],
  };
}
