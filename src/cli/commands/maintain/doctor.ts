import type { Command } from 'commander';
import { resolve } from 'node:path';
import packageJson from '../../../../package.json' with { type: 'json' };
import type { BenchedDoctorResult } from '../../../bench/run/doctor-bench.ts';
import { parseDuration } from '../../../core/text/units.ts';
import { MlregError } from '../../../core/errors.ts';
import type { Accepted } from '../../../registry/maintain/accept-history.ts';
import type { FixClockResult } from '../../../registry/maintain/fix-clock.ts';
import type { Act } from '../../command-module.ts';
import type { Session } from '../../context.ts';
import { startProgress } from '../../output/progress.ts';
import { namedHome, nearestHome } from '../../../defaults/home-and-actor.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';

interface DoctorOptions {
  bench?: boolean;
  duration?: string;
  acceptHistory?: boolean;
  fixClock?: boolean;
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('doctor')
    .summary('check the registry, its disk and this machine')
    .description(
      'Checks the environment of a registry: format and permissions, file system and free space, hard links, fsync and renames, ' +
        'settings and schema of the database, leftovers, the clock, whether an older database was restored, Node, ONNX Runtime and DuckDB, with advice for each finding. ' +
        'With --bench it also repeatedly compares a small model with itself, as bench --baseline does. ' +
        'With --fix-clock it records that the clock is now right after it was wrong: times in the history follow the clock again, ' +
        'and ages of what was written with the wrong clock count from this correction. Set the clock first. ' +
        'It changes nothing without --accept-history or --fix-clock. To check the stored data, use mlreg verify.',
    )
    .option(
      '--bench',
      'also compare a small model with itself, to find how often a gate would be wrong here, and the smallest change it can detect',
    )
    .option('--duration <time>', 'approximate time for --bench (default 30s)')
    .option(
      '--accept-history',
      'with -m: continue with an older database that was restored; accept that later changes are lost',
    )
    .option('--fix-clock', 'with -m: record that the clock of this machine is now right')
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, given: DoctorOptions) => {
        const checkBench = await readBench(given);
        refuseIdleReason(given);
        const accepted = await accept(session, given);
        const clockFix = await correctClock(session, given);
        const [{ openRegistry, diagnoseHome }, { doctor, doctorFailure }, { doctorView }] = await Promise.all(
          [
            import('../../../open-registry.ts'),
            import('../../../registry/maintain/doctor.ts'),
            import('../../../render/maintain/doctor-view.ts'),
          ],
        );
        const { cwd, env, now, options, signal } = session;
        const named = namedHome(options.registry, env, cwd);
        const nearest = named === undefined ? nearestHome(cwd) : undefined;
        const place = named ?? nearest ?? resolve(cwd, 'registry');
        const settings = session.openOptions();
        const examined = await doctor({
          place,
          foundBy:
            options.registry !== undefined
              ? '--registry'
              : named !== undefined
                ? 'MLREG_REGISTRY'
                : nearest !== undefined
                  ? 'the nearest parent'
                  : null,
          diagnose: () => diagnoseHome(place, settings),
          open: () => openRegistry(place, Object.assign(settings, { asIs: true })),
          node: { version: process.versions.node, oldest: packageJson.engines.node.replace(/^>=/, '') },
          now,
          signal,
        });
        const found = { ...examined, accepted, ...(clockFix === undefined ? {} : { clockFix }) };
        const result = checkBench === null ? { ...found, bench: null } : await checkBench(session, found);
        const change = clockFix === undefined ? {} : { changed: clockFix.changed };
        await session.output.show('doctor', doctorView, result, change);
        const problem = doctorFailure(found);
        if (problem !== undefined) session.fail(problem);
      }),
    );
}

/** Runs before the checks, so that they show the state after it. */
async function accept(session: Session, { acceptHistory: asked, message }: DoctorOptions): Promise<Accepted> {
  if (asked !== true) return null;
  const { acceptHistory } = await import('../../../registry/maintain/accept-history.ts');
  return session.withRegistry((registry) => acceptHistory(registry, { message: message ?? '' }));
}

/** Also runs before the checks. */
async function correctClock(
  session: Session,
  { fixClock: asked, message }: DoctorOptions,
): Promise<FixClockResult | undefined> {
  if (asked !== true) return undefined;
  const { fixClock } = await import('../../../registry/maintain/fix-clock.ts');
  return session.withRegistry((registry) => fixClock(registry, message));
}

function refuseIdleReason({ acceptHistory, fixClock, message }: DoctorOptions): void {
  if (message === undefined || acceptHistory === true || fixClock === true) return;
  throw new MlregError('USAGE', '-m requires --accept-history or --fix-clock', {
    hint: 'mlreg doctor --accept-history -m WHY, or --fix-clock -m WHY',
  });
}

type CheckBench = (
  session: Session,
  found: Omit<BenchedDoctorResult, 'bench'>,
) => Promise<BenchedDoctorResult>;

/** The self-check that the options request; null if they request none. */
async function readBench({ bench, duration }: DoctorOptions): Promise<CheckBench | null> {
  if (bench !== true) {
    if (duration === undefined) return null;
    throw new MlregError('USAGE', '--duration requires --bench', {
      hint: 'mlreg doctor --bench --duration 1m',
    });
  }
  const [{ selfCheckDuration }, { addSelfCheck }] = await Promise.all([
    import('../../../bench/run/self-check.ts'),
    import('../../../bench/run/doctor-bench.ts'),
  ]);
  const durationMs = selfCheckDuration(duration === undefined ? undefined : parseDuration(duration));
  return async (session, found) => {
    const progress = startProgress(session, 'percent');
    const onProgress = (fraction: number): void =>
      progress.update({
        done: Math.floor(100 * fraction),
        total: 100,
        what: 'comparing a model with itself',
      });
    try {
      return await addSelfCheck(found, { durationMs, signal: session.signal, onProgress });
    } finally {
      progress.stop();
    }
  };
}

export function help(): CommandHelp {
  return {
    examples: [
      ['Check the registry:', 'mlreg doctor'],
      ['Check a registry by its path:', 'mlreg doctor --registry ~/registry'],
      [
        'Continue with an older database that was restored:',
        'mlreg doctor --accept-history -m "the disk was lost, this is the backup of Monday"',
      ],
      ['Find the smallest latency change that a gate can detect here:', 'mlreg doctor --bench --duration 3s'],
      [
        'Record that the clock was ahead, and is right again:',
        'mlreg doctor --fix-clock -m "the clock of the build machine was a year ahead"',
      ],
    ],
    output: '--quiet prints the checks that warn or fail.',
    exitCodes: {
      0: 'no failures (there may be warnings, or no registry)',
      2: 'the registry has a newer format, or --accept-history or --fix-clock without -m',
      3: 'no registry at --registry or MLREG_REGISTRY',
      ...registryCodes,
      6: 'the registry is damaged, or an older database was restored',
      8: 'the disk is not usable',
    },
    seeAlso: ['verify', 'init'],
  };
}
