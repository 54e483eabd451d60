import { MlregError } from '../../core/errors.ts';
import { escapeText } from '../../core/text/quote.ts';

/** What DuckDB says when the system does not let it write. */
const writing = /no space left|could not write|disk quota|file too large|read-only file system/i;
/** Paths of ours, which tell a user nothing; and the statement, which is ours, too. */
const ours = /(?:file )?['"]\/(?:proc\/self|dev)\/fd\/\d+['"]/gi;

/**
 * An error of DuckDB about a table: STORAGE if it could not write, else INVALID_INPUT, because what
 * it reads is all that a statement of ours depends on. `what` names the table. Other errors stay as
 * they are.
 */
export function asTableError(error: unknown, what: string, target = what): unknown {
  if (error instanceof MlregError || !(error instanceof Error)) return error;
  const [first = ''] = error.message.replaceAll(ours, 'the file').split(/\n\s*\n|\nLINE /, 1);
  const [, kind = '', text = first] = /^([A-Z]\w*(?: [A-Z]\w*)*) Error: (.*)$/s.exec(first) ?? [];
  if (kind === '') return error;
  const said = escapeText(text.trim());
  if (writing.test(text))
    return new MlregError('STORAGE', `${target} could not be written: ${said}`, {
      hint: 'check the disk, then run the command again',
      cause: error,
    });
  if (kind === 'Out of Memory')
    return new MlregError('INVALID_INPUT', `${what} takes too much memory: ${said}`, {
      hint: 'write it with smaller row groups',
      cause: error,
    });
  return damaged(what, said, error);
}

/** INVALID_INPUT for a table that is not as the format says. */
export function damaged(what: string, why: string, cause?: unknown): MlregError {
  return new MlregError('INVALID_INPUT', `${what} is damaged or no Parquet file: ${why}`, {
    hint: 'write it again, or compare its checksum with that of the original',
    cause,
  });
}
