import type { Command } from 'commander';
import { resolve } from 'node:path';
import { MlregError } from '../../../core/errors.ts';
import { parseReference } from '../../../core/versions/reference.ts';
import type { VerifyResult } from '../../../registry/maintain/verify.ts';
import type { Act } from '../../command-module.ts';
import { sourcePath } from '../../options/options.ts';
import { readCheckpoint } from '../../input/read-checkpoint.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('verify')
    .argument('[ref]', 'only this version (see mlreg help references)')
    .summary('check the registry for damage')
    .description(
      'Reads all stored bytes and rows of the registry, or of one version, and checks them against the history. Changes nothing without --repair.',
    )
    .option('--quick', 'check only that stored files exist and have the right size')
    .option(
      '--repair',
      'restore files from trash/, quarantine/ or the database, and move damaged files to quarantine/',
    )
    .option(
      '--checkpoint <file>',
      'output of mlreg history --checkpoint: check that the history up to it is unchanged',
      (text) => sourcePath('--checkpoint', text),
    )
    .action(
      act(async (session, text: string | undefined, { checkpoint: file, ...how }: Options) => {
        const input = {
          ...how,
          ...(text === undefined ? {} : { ref: parseReference(text) }),
          ...(file === undefined ? {} : { checkpoint: await readCheckpoint(resolve(session.cwd, file)) }),
        };
        const [{ verify }, { verifyNotes, verifyView }] = await Promise.all([
          import('../../../api/verbs/maintain/verify.ts'),
          import('../../../render/maintain/verify-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await verify(registry, input);
          await session.output.show('verify', verifyView, result, {
            changed: result.changed,
            notes: verifyNotes(result),
          });
          if (result.ok) return;
          const [first, ...others] = result.problems;
          session.fail(
            new MlregError(
              'INTEGRITY',
              `${first?.subject}: ${first?.problem}${others.length > 0 ? ` (and ${others.length === 1 ? '1 more problem' : `${others.length} more problems`})` : ''}`,
              {
                hint: hintFor(input, result),
                details: { problems: result.problems.length },
              },
            ),
          );
        });
      }),
    );
}

function hintFor({ repair }: { repair?: boolean }, { problems, lostHint }: VerifyResult): string {
  if (lostHint !== undefined) return lostHint;
  const blobs = problems.some(({ subject }) => subject.startsWith('sha256:'));
  const bytes =
    repair === true
      ? 'register the same file again to restore its bytes'
      : 'run mlreg verify --repair, or register the same file again to restore its bytes';
  const rows = 'restore a backup of the registry to repair rows';
  return blobs && problems.some(({ subject }) => !subject.startsWith('sha256:'))
    ? `${bytes}; ${rows}`
    : blobs
      ? bytes
      : rows;
}

interface Options {
  quick?: boolean;
  repair?: boolean;
  checkpoint?: string;
}

export function help(): CommandHelp {
  return {
    examples: [
      ['The whole registry:', 'mlreg verify'],
      ['One version:', 'mlreg verify digits@production'],
      ['Repair the registry:', 'mlreg verify --repair'],
      ['Check the history against a saved checkpoint:', 'mlreg verify --checkpoint checkpoint.json'],
    ],
    output: '--quiet prints the subjects of problems.',
    exitCodes: {
      0: 'intact',
      2: 'invalid checkpoint file, or options that cannot be used together',
      3: 'no such registry, version or file',
      ...registryCodes,
      6: 'data is missing or corrupt, or an older database was restored',
    },
    seeAlso: ['backup', 'gc', 'history', 'register'],
  };
}
