import type { Command } from 'commander';
import { parseDuration } from '../../core/duration.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { startProgress } from '../progress.ts';

const defaultOlderThanMs = 24 * 3600e3;

interface Options {
  yes?: boolean;
  purge?: boolean;
  olderThan?: number;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('gc')
    .summary('free the space of what no version needs')
    .description(
      'Takes out the stored files that no version needs, those of deleted versions among them, and removes what killed processes left in tmp/. ' +
        'Without --yes it only says what it would do. What it takes out lies in trash/ for 7 days, then the next gc removes it for good. Others may ' +
        "register meanwhile. Damaged files, and files that are not mlreg's, are never removed. On a full disk, what needs no row goes first.",
    )
    .option('--yes', 'do it: without, nothing is changed')
    .option(
      '--older-than <duration>',
      'only what has been without use for as long (default 24h; 0s: whatever is not needed now)',
      parseDuration,
    )
    .option('--purge', 'also empty trash/ now, with what this gc takes out')
    .action(
      act(async (session, { yes, purge, olderThan }: Options) => {
        const [{ collectGarbage }, { gcView }] = await Promise.all([
          import('../../registry/collect-garbage.ts'),
          import('../../render/gc-view.ts'),
        ]);
        const progress = startProgress(session.stderr(), session.options.json !== true, 'bytes');
        await session.withRegistry(async (registry) => {
          try {
            const result = await collectGarbage(registry, {
              olderThanMs: olderThan ?? defaultOlderThanMs,
              yes: yes === true,
              purge: purge === true,
              onProgress: progress.update,
            });
            progress.stop();
            const { changed, warnings } = result;
            await session.output.show('gc', gcView, result, { changed, warnings });
          } finally {
            progress.stop();
          }
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['What could go:', 'mlreg gc'],
      ['Let it go:', 'mlreg gc --yes'],
      ['Free all that can be freed, now: nothing of it can be put back:', 'mlreg gc --purge --yes'],
      ['At once, also what was deleted a moment ago:', 'mlreg gc --yes --older-than 0s'],
    ],
    output:
      'JSON: dryRun, blobs[] {digest, size} (taken out, into trash/), leftovers {files, bytes, paths[]}, purged {files, bytes, paths[]} (out of trash/, for good), kept {young, damaged[], foreign[]} ' +
      "(not needed, but left; foreign: not mlreg's), freed (bytes on the disk now), changed. --quiet prints the digests of the blobs.",
    exitCodes: {
      0: 'done, or there was nothing to do',
      3: 'no such registry',
      ...registryCodes,
      6: 'the registry is damaged, and nothing was collected: see mlreg verify',
      7: 'another gc or backup ran for longer than --wait; safe to run again',
    },
    seeAlso: ['delete', 'verify', 'doctor'],
  };
}
