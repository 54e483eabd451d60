import { escapeText } from '../core/quote.ts';
import type { VerifyResult } from '../registry/verify.ts';
import { bytes } from './format.ts';
import type { View } from './view.ts';

export const verifyView: View<VerifyResult> = {
  json: ({ ok, ref, quick, checked, problems, repaired }) => ({
    ok,
    ref,
    quick,
    checked,
    problems,
    repaired,
  }),
  text: ({ ok, ref, quick, checked, problems, repaired }, { color }) => {
    const chain = ref === null ? `${checked.events} events, ` : '';
    const what = `${chain}${checked.blobs} blobs, ${quick ? 'not read' : bytes(checked.bytes)}`;
    const mended = repaired.map(
      ({ subject, how }) => `\n  ${color.green('✓')} ${escapeText(subject)}  ${escapeText(how)}`,
    );
    if (ok)
      return `${color.green('✓')} ${ref ?? 'the registry'} is whole ${color.dim(`(${what})`)}${mended.join('')}`;
    const lines = problems.map(
      ({ subject, problem }) => `  ${color.bold(escapeText(subject))}  ${escapeText(problem)}`,
    );
    return `${color.red('✗')} ${problems.length === 1 ? '1 problem' : `${problems.length} problems`} ${color.dim(`(${what})`)}\n${lines.join('\n')}${mended.join('')}`;
  },
  plain: ({ ok, checked, problems, repaired }) => [
    ...repaired.map(({ subject, how }) => ['repaired', subject, how]),
    ...(ok
      ? [['ok', checked.events, checked.blobs, checked.bytes]]
      : problems.map(({ subject, problem }) => ['problem', subject, problem])),
  ],
  quiet: ({ ok, problems }) => (ok ? [] : problems.map(({ subject }) => subject)),
};
