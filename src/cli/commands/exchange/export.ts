import type { Command } from 'commander';
import { resolve } from 'node:path';
import { MlregError } from '../../../core/errors.ts';
import { parseReference, type Reference } from '../../../core/versions/reference.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import type { Session } from '../../context.ts';
import { namedPath, standardOutput } from '../../options/options.ts';
import { startProgress } from '../../output/progress.ts';

interface Options {
  output: string;
  all?: boolean;
  force?: boolean;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('export')
    .argument(
      '<refs...>',
      'versions, for example digits@1.1.0 or digits@production (see mlreg help references)',
    )
    .summary('export versions to a file, for another registry')
    .description(
      'Writes versions with their metadata, golden sets and history as an OCI image layout: a tar archive, or a folder. Every byte is ' +
        'verified. mlreg import brings them into another registry, under the same numbers and digests. Metadata and golden sets are ' +
        'referrers of the artifact NAME:VERSION, so that oras cp -r --from-oci-layout-path DIR NAME:VERSION copies all of it; skopeo ' +
        'copies by name: NAME:VERSION, NAME:VERSION_version and NAME:VERSION_golden (see mlreg help other-tools). Stages, stored ' +
        'benchmarks, and the description and owner of a model itself (mlreg describe NAME) are not exported.',
    )
    .requiredOption(
      '-o, --output <path>',
      'file that ends in .tar, or a folder; -: an archive to stdout',
      (path) => namedPath('-o', path),
    )
    .option('--all', 'all versions of the named models, including yanked ones')
    .option('--force', 'replace an existing export')
    .action(
      act(async (session, texts: string[], { output, all, force }: Options) => {
        const refs = texts.map(parseReference);
        if (output === standardOutput) return toStandardOutput(session, refs, all === true);
        const [{ exportVersions }, { exportView }] = await Promise.all([
          import('../../../api/verbs/exchange/export.ts'),
          import('../../../render/exchange/export-view.ts'),
        ]);
        const progress = startProgress(session, 'bytes');
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

/** Writes only the archive to standard output. */
async function toStandardOutput(session: Session, refs: Reference[], all: boolean): Promise<void> {
  const { format, json } = session.options;
  if (format !== undefined || json === true) {
    const flag = json === true ? '--json' : `--format ${format}`;
    throw new MlregError('USAGE', `-o - writes an archive to stdout: it cannot be used with ${flag}`, {
      hint: `use a file: -o FILE.tar ${flag}`,
    });
  }
  if (session.stdout.isTTY === true) {
    throw new MlregError('USAGE', 'refusing to write an archive to a terminal', {
      hint: 'redirect it to a file or a program: mlreg export REF -o - > FILE.tar',
    });
  }
  const [{ streamVersions }, { writeBytes }] = await Promise.all([
    import('../../../api/verbs/exchange/export.ts'),
    import('../../output/write-bytes.ts'),
  ]);
  const progress = startProgress(session, 'bytes');
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
      ['Export the version in production to a file:', 'mlreg export digits@production -o production.tar'],
      ['Export to a program, or to another host:', 'mlreg export digits@production -o - | tar -t'],
      ['Export all versions of a model to a folder:', 'mlreg export digits --all -o digits-all'],
      [
        'Export two versions, replacing an existing file:',
        'mlreg export digits@1.0.0 digits@1.1.0 -o digits.tar --force',
      ],
    ],
    output: '--quiet prints the references. With -o - only the archive is written to stdout.',
    exitCodes: {
      0: 'exported; the same versions with the same history give the same bytes',
      3: 'no such registry, model or version, or no output folder',
      4: 'the output exists: see --force',
      ...registryCodes,
      6: "a version's bytes are missing or corrupt: nothing was written",
    },
    seeAlso: ['import', 'pull', 'verify', 'references', 'other-tools'],
  };
}
