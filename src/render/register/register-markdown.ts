import type { RegisterResult } from '../../registry/register/register-result.ts';
import { bytes, counted, valueInfo } from '../format.ts';
import { code, markdownTable } from '../markdown.ts';
import { moveMarkdown } from '../stages/move-markdown.ts';

/** A registration for the summary of a CI job, with the promotion after it, if any. */
export function registerMarkdown(result: RegisterResult): string {
  const { ref, changed, bump, bumpReason, digest, size, files, signature, data, golden, promotion } = result;
  const values = (all: Parameters<typeof valueInfo>[0][]): string =>
    all.map((info) => code(valueInfo(info))).join(', ');
  const rows: [string, string | undefined][] = [
    ['bump', changed ? `${bump}: ${code(bumpReason)}` : undefined],
    ['digest', code(digest)],
    ['size', `${bytes(size)} in ${counted(files.length, 'file')}`],
    ['inputs', signature === null ? undefined : values(signature.inputs)],
    ['outputs', signature === null ? undefined : values(signature.outputs)],
    ['data', data.map(({ name, hash, uri }) => `${code(name)} ${code(hash ?? uri ?? '')}`).join(', ')],
    ['golden set', golden === null ? undefined : code(golden.digest)],
  ];
  const did = changed
    ? `✅ registered ${code(ref)}`
    : `✅ already registered as ${code(ref)}; nothing changed`;
  return [
    `### ${did}`,
    markdownTable(
      ['', ''],
      rows.flatMap(([key, value]) => (value === undefined || value === '' ? [] : [[key, value]])),
    ),
    ...(promotion === undefined ? [] : [moveMarkdown(promotion)]),
  ].join('\n\n');
}
