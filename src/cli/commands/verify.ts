import type { Command } from 'commander';
import { resolve } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import { parseReference } from '../../core/reference.ts';
import type { VerifyResult } from '../../registry/verify.ts';
import type { Act } from '../command-module.ts';
import { parseFolder } from '../options.ts';
import { readCheckpoint } from '../read-checkpoint.ts';
import { lostHistoryHint } from '../../storage/head.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('verify')
    .argument('[ref]', 'only this version (mlreg help references)')
    .summary('check that nothing is lost or changed')
    .description(
      'Reads every byte that a version needs and every row and compares them with what was recorded: the registry, or one version. Changes nothing without --repair.',
    )
    .option('--quick', 'do not read the stored bytes: that they are there, and as many, is enough')
    .option(
      '--repair',
      'put back what is kept in trash/ or quarantine/ or follows from the rows, and set damaged files aside in quarantine/',
    )
    .option(
      '--checkpoint <file>',
      'what mlreg history --checkpoint printed once: nothing up to it was changed or cut off',
      parseFolder('--checkpoint'),
    )
    .action(
      act(async (session, text: string | undefined, { checkpoint: file, ...how }: Options) => {
        const input = {
          ...how,
          ...(text === undefined ? {} : { ref: parseReference(text) }),
          ...(file === undefined ? {} : { checkpoint: await readCheckpoint(resolve(session.cwd, file)) }),
        };
        const [{ verify }, { verifyNotes, verifyView }] = await Promise.all([
          import('../../registry/verify.ts'),
          import('../../render/verify-view.ts'),
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

function hintFor({ repair }: { repair?: boolean }, { problems, lost }: VerifyResult): string {
  if (lost) return lostHistoryHint;
  const blobs = problems.some(({ subject }) => subject.startsWith('sha256:'));
  const bytes =
    repair === true
      ? 'registering the same file again puts its bytes back'
      : 'mlreg verify --repair puts back what is kept, and registering the same file again its bytes';
  const rows = 'damaged rows come back from a backup of the registry';
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
      ['Repair what can be repaired:', 'mlreg verify --repair'],
      [
        'That nothing was changed or cut off since mlreg history --checkpoint printed this:',
        'mlreg verify --checkpoint checkpoint.json',
      ],
    ],
    output:
      'JSON: ok, quick, checked {events, blobs, bytes}, problems[] {subject, problem}, repaired[] {subject, how}, unneeded {files, bytes} (stored, but needed by no version: no problem), changed. --quiet prints the subjects of problems.',
    exitCodes: {
      0: 'whole',
      2: '--checkpoint names a file without one, or options that exclude each other',
      3: 'no such registry, version or file',
      ...registryCodes,
      6: 'bytes or rows are missing or not what was recorded, or an older database was put back',
    },
    seeAlso: ['backup', 'gc', 'history', 'register'],
  };
}
