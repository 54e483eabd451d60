import type { Command } from 'commander';
import { resolve } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import type { Act } from '../command-module.ts';
import { namedHome, nearestHome } from '../../defaults/find-home.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('doctor')
    .summary('check the registry, its disk and this machine')
    .description(
      'Checks what a registry stands on: its format and permissions, the file system and the room on it, whether links, fsync and renames ' +
        'work, the settings and the form of the database, leftovers, the clock, Node and ONNX Runtime; and says what to do about each. ' +
        'It leaves nothing behind. What is stored, mlreg verify compares byte by byte.',
    )
    .action(
      act(async (session) => {
        const [{ openRegistry, diagnoseHome }, { doctor, objection }, { doctorView }] = await Promise.all([
          import('../../open-registry.ts'),
          import('../../registry/doctor.ts'),
          import('../../render/doctor-view.ts'),
        ]);
        const { cwd, env, now, options, signal } = session;
        const named = namedHome(options.registry, env, cwd);
        const nearest = named === undefined ? nearestHome(cwd) : undefined;
        const open = session.openOptions();
        const result = await doctor({
          home: named ?? nearest ?? resolve(cwd, 'registry'),
          foundBy:
            options.registry !== undefined
              ? '--registry'
              : named !== undefined
                ? 'MLREG_REGISTRY'
                : nearest !== undefined
                  ? 'the nearest parent'
                  : null,
          diagnoseHome: (home) => diagnoseHome(home, open),
          openRegistry: (home) => openRegistry(home, Object.assign(open, { asIs: true })),
          node: { version: process.versions.node, oldest: packageJson.engines.node.replace(/^>=/, '') },
          now,
          signal,
        });
        await session.output.show('doctor', doctorView, result);
        const problem = objection(result);
        if (problem !== undefined) session.fail(problem);
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['Is all as it should be?', 'mlreg doctor'],
      ['One that a job will write to:', 'mlreg doctor --registry ~/registry'],
    ],
    output:
      'JSON: ok, checks[] {check, status (ok, warn, fail, skip), observed, advice}, registry (null: there is none). --quiet prints the checks that warn or fail.',
    exitCodes: {
      0: 'nothing failed; there may be warnings, and no registry',
      2: 'the registry has a newer format',
      ...registryCodes,
      6: 'the registry is damaged',
      8: 'the disk cannot be used, or not as it must be',
    },
    seeAlso: ['verify', 'init'],
  };
}
