import type { Command } from 'commander';
import { createRequire } from 'node:module';
import packageJson from '../../../../package.json' with { type: 'json' };
import type { Act } from '../../command-module.ts';
import type { CommandHelp } from '../../help/command-help.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('version')
    .summary('show the version')
    .description(
      'Shows the version of mlreg, as -v and --version do. With --json also those of Node, ONNX Runtime and the registry format.',
    )
    .action(
      act(async (session) => {
        const [{ supportedFormats }, { versionView }] = await Promise.all([
          import('../../../open-registry.ts'),
          import('../../../render/version-view.ts'),
        ]);
        await session.output.show('version', versionView, {
          version: packageJson.version,
          node: process.versions.node,
          onnxruntime: installedRuntime(),
          ...supportedFormats,
        });
      }),
    );
}

/**
 * The version in its package file: loading it would take a second. Null if it is not installed;
 * whether it loads is a question for doctor.
 */
function installedRuntime(): string | null {
  try {
    const found: unknown = createRequire(import.meta.url)('onnxruntime-node/package.json');
    return String((found as { version: unknown }).version);
  } catch {
    return null;
  }
}

export function help(): CommandHelp {
  return {
    examples: [['For a bug report:', 'mlreg version --json']],
    output: 'In other forms the version alone.',
    exitCodes: {},
    seeAlso: ['doctor'],
  };
}
