import { escapeText } from '../core/quote.ts';
import type { VerifyResult } from '../registry/verify.ts';
import { bytes } from './format.ts';
import type { View } from './view.ts';

export const verifyView: View<VerifyResult> = {
  json: (result) => ({ ...result }),
  text: ({ ok, ref, checked, problems }, { color }) => {
    const chain = ref === null ? `${checked.events} events, ` : '';
    const what = `${chain}${checked.blobs} blobs, ${bytes(checked.bytes)}`;
    if (ok) return `${color.green('✓')} ${ref ?? 'the registry'} is whole ${color.dim(`(${what})`)}`;
    const lines = problems.map(
      ({ subject, problem }) => `  ${color.bold(escapeText(subject))}  ${escapeText(problem)}`,
    );
    return `${color.red('✗')} ${problems.length === 1 ? '1 problem' : `${problems.length} problems`} ${color.dim(`(${what})`)}\n${lines.join('\n')}`;
  },
  plain: ({ ok, checked, problems }) =>
    ok
      ? [['ok', checked.events, checked.blobs, checked.bytes]]
      : problems.map(({ subject, problem }) => ['problem', subject, problem]),
  quiet: ({ ok, problems }) => (ok ? [] : problems.map(({ subject }) => subject)),
};
