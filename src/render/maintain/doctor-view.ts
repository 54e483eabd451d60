import type { Json } from '../../api/verb.ts';
import type { doctorOutput } from '../../api/verbs/maintain/doctor.ts';
import type { BenchedDoctorResult } from '../../bench/run/doctor-bench.ts';
import { escapeText } from '../../core/text/quote.ts';

import type { Finding } from '../../storage/diagnosis.ts';
import type { FixClockResult } from '../../registry/maintain/fix-clock.ts';
import { eventJson } from '../inspect/event-json.ts';
import { counted, isoTime, wrapped } from '../format.ts';
import { viewOf, type Style } from '../view.ts';

const marks = { ok: '✓', warn: '!', fail: '✗', skip: '-' } as const;

export const doctorView = viewOf<BenchedDoctorResult, Json<typeof doctorOutput>>()({
  json: ({ ok, findings, registry, bench, accepted, clockFix }) => ({
    ok,
    checks: findings.map(({ check, status, observed, advice }) => ({
      check,
      status,
      observed,
      ...(advice === undefined ? {} : { advice }),
    })),
    registry,
    bench,
    accepted,
    ...(clockFix === undefined
      ? {}
      : {
          clockFix: {
            wrong: clockFix.wrong,
            event: clockFix.event === null ? null : eventJson(clockFix.event),
          },
        }),
  }),
  text: ({ findings, accepted, clockFix }, style) => {
    const width = Math.max(...findings.map(({ check }) => check.length));
    const groups = Map.groupBy(findings, ({ about }) => about);
    const parts = [...groups].map(([about, group]) =>
      [style.color.bold(about), ...group.flatMap((finding) => lines(finding, width, style))].join('\n'),
    );
    const gaveUp =
      accepted === null
        ? []
        : [
            `${style.color.green('✓')} events up to ${accepted.lost.seq} are accepted as lost (recorded in event ${accepted.event})`,
          ];
    return [...gaveUp, ...fixLines(clockFix, style), ...parts, verdict(findings, style)].join('\n\n');
  },
  plain: ({ findings }) =>
    findings.map(({ status, check, observed, advice }) => [status, check, observed, advice ?? null]),
  quiet: ({ findings }) =>
    findings.filter(({ status }) => status === 'fail' || status === 'warn').map(({ check }) => check),
});

function fixLines(fix: FixClockResult | undefined, { color }: Style): string[] {
  if (fix === undefined) return [];
  if (fix.event === null) return [`${color.green('✓')} no event has a wrong clock; nothing changed`];
  const { at, seq } = fix.event;
  return [`${color.green('✓')} recorded that the clock is right at ${isoTime(at)} (event ${seq})`];
}

function lines(
  { check, status, observed, advice }: Finding,
  width: number,
  { color, width: columns }: Style,
): string[] {
  const paint = { ok: color.green, warn: color.yellow, fail: color.red, skip: color.dim }[status];
  const indent = ' '.repeat(width + 6);
  const folded = (text: string): string[] => wrapped(escapeText(text), columns - indent.length);
  const seen = folded(observed).map((line, index) =>
    index === 0 ? `  ${paint(marks[status])} ${check.padEnd(width)}  ${line}` : indent + line,
  );
  return [...seen, ...(advice === undefined ? [] : folded(advice).map((line) => color.dim(indent + line)))];
}

function verdict(findings: Finding[], { color }: Style): string {
  const count = (status: Finding['status']): number =>
    findings.filter((finding) => finding.status === status).length;
  const [failed, warned] = [count('fail'), count('warn')];
  const warnings = counted(warned, 'warning');
  if (failed > 0) return `${color.red('✗')} ${counted(failed, 'check')} failed, ${warnings}`;
  return warned > 0
    ? `${color.yellow('!')} no failures, ${warnings}`
    : `${color.green('✓')} all checks passed`;
}
