import { clockTolerance } from '../../core/events/event.ts';
import { MlregError, type ErrorCode } from '../../core/errors.ts';
import { quote, shellWord } from '../../core/text/quote.ts';
import { failure, type Finding, type PlaceDiagnosis } from '../../storage/diagnosis.ts';
import { headFinding } from './check-head.ts';
import { wrongClocks, type FixClockResult } from './fix-clock.ts';
import { checkDuckDb, checkRuntime } from '../inspect/check-runtime.ts';
import type { Registry } from '../registry.ts';

export interface DoctorInput {
  /** Where the registry is, or would be: a folder. */
  place: string;
  /** Null: no registry was named, and none was found. */
  foundBy: '--registry' | 'MLREG_REGISTRY' | 'the nearest parent' | null;
  /** What the adapters report about that place. */
  diagnose: () => Promise<PlaceDiagnosis>;
  /** Opens the registry without changing it. */
  open: () => Promise<Registry>;
  /** The Node version that runs, and the oldest supported one. */
  node: { version: string; oldest: string };
  /** Epoch milliseconds. */
  now: () => number;
  signal?: AbortSignal;
}

export interface DoctorResult {
  /** No check failed. */
  ok: boolean;
  findings: Finding[];
  /** Where it is; null: no registry. */
  registry: string | null;
  /** The result of `--fix-clock`, if it was given. */
  clockFix?: FixClockResult;
}

/**
 * Checks everything that a registry depends on. A missing registry is a failure only if one was
 * named.
 */
export async function doctor(input: DoctorInput): Promise<DoctorResult> {
  const { present, findings: ofPlace, inTheWay } = await input.diagnose();
  const findings = [
    placeFinding(input, present, inTheWay),
    ...ofPlace.map((each) => withCommand(each, input)),
  ];
  if (present) {
    const clock = await clockFinding(input, findings);
    findings.push(withCommand(clock, input), withCommand(await headFinding(input.open, clock), input));
  }
  findings.push(nodeFinding(input.node), await checkRuntime(input.signal), await checkDuckDb(input.signal));
  return {
    ok: findings.every(({ status }) => status !== 'fail'),
    findings,
    registry: present ? input.place : null,
  };
}

/** Worst first: data is lost, data is at risk, a command cannot run. */
const severity: ErrorCode[] = ['INTEGRITY', 'STORAGE', 'INVALID_INPUT', 'USAGE', 'BUSY', 'NOT_FOUND'];

/** The error to exit with; undefined if nothing failed. */
export function doctorFailure({ findings }: DoctorResult): MlregError | undefined {
  const failed = findings.filter(({ status }) => status === 'fail');
  const rank = (finding: Finding): number => {
    const at = severity.indexOf(codeOf(finding));
    // Any other code is less severe than these.
    return at < 0 ? severity.length : at;
  };
  const [worst] = failed.toSorted((a, b) => rank(a) - rank(b));
  if (worst === undefined) return undefined;
  const others = failed.length - 1;
  const more = others === 0 ? '' : ` (and ${others === 1 ? '1 more check' : `${others} more checks`} failed)`;
  return new MlregError(codeOf(worst), `${worst.check}: ${worst.observed}${more}`, {
    hint: worst.advice ?? 'run mlreg doctor to see all checks',
    details: { failed: failed.map(({ check }) => check) },
  });
}

function codeOf({ code }: Finding): ErrorCode {
  return code ?? 'STORAGE';
}

/** The finding with its command in the advice; the command gets --registry if this doctor did. */
function withCommand({ command, ...finding }: Finding, { place, foundBy }: DoctorInput): Finding {
  if (command === undefined) return finding;
  const typed = `mlreg ${command}${foundBy === '--registry' ? ` --registry ${shellWord(place)}` : ''}`;
  return { ...finding, advice: finding.advice === undefined ? typed : `${finding.advice}: ${typed}` };
}

function placeFinding({ place, foundBy }: DoctorInput, present: boolean, inTheWay?: string): Finding {
  const base = { check: 'registry', about: 'home' } as const;
  if (present) return { ...base, status: 'ok', observed: `${place} (${foundBy})` };
  if (foundBy === null)
    return {
      ...base,
      status: 'skip',
      observed: 'no registry here or in a parent folder',
      advice: inTheWay === undefined ? 'mlreg init' : `mlreg init DIR: ${quote(inTheWay)} is a file`,
    };
  const observed = `no registry at ${place} (${foundBy})`;
  const failed = { ...base, status: 'fail', code: 'NOT_FOUND' } as const;
  if (inTheWay === undefined) return { ...failed, observed, advice: `mlreg init ${shellWord(place)}` };
  const advice =
    foundBy === 'MLREG_REGISTRY'
      ? 'set MLREG_REGISTRY to the folder of a registry'
      : 'use the folder of a registry: --registry DIR';
  return { ...failed, observed: `${observed}: ${quote(inTheWay)} is a file`, advice };
}

async function clockFinding({ open, now }: DoctorInput, before: Finding[]): Promise<Finding> {
  const base = { check: 'clock', about: 'database' } as const;
  const unreadable = ({ about, check, status }: Finding): boolean =>
    about !== 'file system' && (status === 'fail' || (check === 'database' && status !== 'ok'));
  if (before.some(unreadable)) return { ...base, status: 'skip', observed: 'the events cannot be read' };
  try {
    const registry = await open();
    try {
      const { wrong, last } = await wrongClocks(registry, now());
      const time = new Date(now()).toISOString();
      if (last === undefined) return { ...base, status: 'ok', observed: `${time}; no events yet` };
      const observed = `${time}; the last event is from ${new Date(last.at).toISOString()}`;
      if (wrong === 0) return { ...base, status: 'ok', observed };
      const said = `${observed}; ${wrong === 1 ? '1 event was' : `${wrong} events were`} written with a wrong clock`;
      const set = last.at > now() + clockTolerance ? 'set the clock if it is behind; ' : '';
      const advice = `${set}once it is right, record that, so that soak, age and gc can trust it again`;
      return { ...base, status: 'warn', observed: said, advice, command: 'doctor --fix-clock -m "why"' };
    } finally {
      await registry.close();
    }
  } catch (error) {
    return failure('clock', 'database', error);
  }
}

function nodeFinding({ version, oldest }: DoctorInput['node']): Finding {
  const base = { check: 'node', about: 'machine' } as const;
  const numbers = (text: string): number[] => text.split('.').map(Number);
  const [major = 0, minor = 0] = numbers(version);
  const [leastMajor = 0, leastMinor = 0] = numbers(oldest);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor))
    return { ...base, status: 'ok', observed: `Node ${version} (required: ${oldest} or newer)` };
  const advice = `install Node ${oldest} or newer`;
  return {
    ...base,
    status: 'fail',
    observed: `Node ${version} is older than ${oldest}`,
    advice,
    code: 'USAGE',
  };
}
