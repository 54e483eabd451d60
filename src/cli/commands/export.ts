import type { Command } from 'commander';
import { resolve } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import { parseReference, type Reference } from '../../core/reference.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import type { Session } from '../context.ts';
import { namedPath, standardOutput } from '../options.ts';
import { startProgress } from '../progress.ts';

interface Options {
  output: string;
  all?: boolean;
  force?: boolean;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('export')
    .argument('<refs...>', 'the versions: digits@1.1.0, digits@production … (mlreg help references)')
    .summary('write versions to one file, for another registry')
    .description(
      'Writes versions with their metadata, golden sets and history as an OCI image layout: a tar archive, or a folder. Every byte is ' +
        'verified. mlreg import brings them into another registry, under the same numbers and digests; tools such as skopeo and oras ' +
        'copy them by the names NAME:VERSION (the artifact), NAME:VERSION_version (what is known of it) and NAME:VERSION_golden. Where ' +
        'stages point, and the latencies that were measured, are not exported.',
    )
    .requiredOption(
      '-o, --output <path>',
      'a file that ends in .tar, or a folder; -: an archive to standard output',
      (path) => namedPath('-o', path),
    )
    .option('--all', 'every version of the models that are named, yanked ones too')
    .option('--force', 'replace an export that is there')
    .action(
      act(async (session, texts: string[], { output, all, force }: Options) => {
        const refs = texts.map(parseReference);
        if (output === standardOutput) return toStandardOutput(session, refs, all === true);
        const [{ exportVersions }, { exportView }] = await Promise.all([
          import('../../registry/export.ts'),
          import('../../render/export-view.ts'),
        ]);
        const progress = startProgress(session.stderr(), session.options.json !== true, 'bytes');
        await session.withRegistry(async (registry) => {
          try {
            const result = await exportVersions(registry, {
              refs,
              output: resolve(session.cwd, output),
              all: all === true,
              force: force === true,
              onProgress: progress.update,
            });
            progress.stop();
            await session.output.show('export', exportView, result, {
              changed: true,
              warnings: result.warnings,
            });
          } finally {
            progress.stop();
          }
        });
      }),
    );
}

/** The archive, and nothing else. */
async function toStandardOutput(session: Session, refs: Reference[], all: boolean): Promise<void> {
  if (session.options.json === true || session.stdout.isTTY === true) {
    const why =
      session.options.json === true ? 'so --json has no place there' : 'which a terminal cannot show';
    throw new MlregError('USAGE', `-o - writes an archive to standard output, ${why}`, {
      hint:
        session.options.json === true
          ? 'name a file: -o FILE.tar --json'
          : 'send it to a file or a program: mlreg export REF -o - > FILE.tar',
    });
  }
  const [{ streamVersions }, { writeBytes }] = await Promise.all([
    import('../../registry/export.ts'),
    import('../write-bytes.ts'),
  ]);
  const progress = startProgress(session.stderr(), true, 'bytes');
  await session.withRegistry(async (registry) => {
    try {
      await streamVersions(registry, { refs, all, onProgress: progress.update }, writeBytes);
    } finally {
      progress.stop();
    }
  });
}

export function help(): CommandHelp {
  return {
    examples: [
      ['What is in production, into one file:', 'mlreg export digits@production -o production.tar'],
      ['To a program, or another host:', 'mlreg export digits@production -o - | tar -t'],
      ['Every version of a model, into a folder:', 'mlreg export digits --all -o digits-all'],
      [
        'Two versions, over the export that is there:',
        'mlreg export digits@1.0.0 digits@1.1.0 -o digits.tar --force',
      ],
    ],
    output:
      'JSON: output, form (tar or folder), index (the digest of all of it), size, files, versions[] {ref, name, version, digest, yanked}, changed. --quiet prints the references. With -o - stdout is the archive, and nothing else.',
    exitCodes: {
      0: 'written; the same versions with the same history give the same bytes each time',
      3: 'no such registry, model or version, or no folder to write to',
      4: 'something is there already: see --force',
      ...registryCodes,
      6: 'bytes of a version are missing or changed: nothing was written',
    },
    seeAlso: ['import', 'pull', 'verify', 'references'],
  };
}
