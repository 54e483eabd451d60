import type { Json } from '../../api/verb.ts';
import type { verifyVerb } from '../../api/verbs/maintain/verify.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { VerifyResult } from '../../registry/maintain/verify.ts';
import { bytes, counted } from '../format.ts';
import { viewOf } from '../view.ts';

export const verifyView = viewOf<VerifyResult, Json<typeof verifyVerb>>()({
  json: ({ ok, ref, quick, checked, problems, repaired, unneeded }) => ({
    ok,
    ref,
    quick,
    checked,
    problems,
    repaired,
    unneeded,
  }),
  text: (result, { color }) => {
    const { ok, ref, quick, checked, problems, repaired } = result;
    const notes = verifyNotes(result).map((note) => `\n  ${color.dim(note)}`);
    const chain = ref === null ? `${counted(checked.events, 'event')}, ` : '';
    const what = `${chain}${counted(checked.blobs, 'blob')}, ${quick ? 'bytes not read' : bytes(checked.bytes)}`;
    const mended = repaired.map(
      ({ subject, how }) => `\n  ${color.green('✓')} ${escapeText(subject)}  ${escapeText(how)}`,
    );
    if (ok)
      return `${color.green('✓')} ${ref ?? 'the registry'} is intact ${color.dim(`(${what})`)}${[...mended, ...notes].join('')}`;
    const lines = problems.map(
      ({ subject, problem }) => `  ${color.bold(escapeText(subject))}  ${escapeText(problem)}`,
    );
    return `${color.red('✗')} ${counted(problems.length, 'problem')} ${color.dim(`(${what})`)}\n${lines.join('\n')}${[...mended, ...notes].join('')}`;
  },
  plain: ({ ok, checked, problems, repaired }) => [
    ...repaired.map(({ subject, how }) => ['repaired', subject, how]),
    ...(ok
      ? [['ok', checked.events, checked.blobs, checked.bytes]]
      : problems.map(({ subject, problem }) => ['problem', subject, problem])),
  ],
  quiet: ({ ok, problems }) => (ok ? [] : problems.map(({ subject }) => subject)),
});

/** Facts that are not problems but may be of interest. */
export function verifyNotes({ unneeded }: VerifyResult): string[] {
  if (unneeded === null || unneeded.files === 0) return [];
  const files = counted(unneeded.files, 'stored file is', 'stored files are');
  return [`${files} not used by any version (${bytes(unneeded.bytes)}): see mlreg gc`];
}
