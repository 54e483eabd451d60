import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';

/** How many rejected rows are too many: more than this number, or than this share of all rows. */
export type MaxRejects = { count: number } | { percent: number };

/** Parses `100` or `0.5%`. USAGE for anything else. */
export function parseMaxRejects(text: string): MaxRejects {
  const [, digits, percent] = /^(?:(\d{1,15})|(\d{1,3}(?:\.\d{1,6})?)%)$/.exec(text) ?? [];
  if (digits !== undefined) return { count: Number(digits) };
  if (percent !== undefined && Number(percent) <= 100) return { percent: Number(percent) };
  throw new MlregError(
    'USAGE',
    `--max-rejects must be a number of rows or a percentage, not ${quote(text)}`,
    {
      hint: 'for example --max-rejects 100 or --max-rejects 0.5%',
    },
  );
}

/** GATE_FAILED if there are more than allowed; a share only counts at the end. */
export function checkRejects(
  most: MaxRejects | null,
  { rows, rejected, ended }: { rows: number; rejected: number; ended: boolean },
): void {
  if (most === null) return;
  const isOver =
    'count' in most ? rejected > most.count : ended && rejected * 100 > most.percent * (rows + rejected);
  if (!isOver) return;
  const limit = 'count' in most ? String(most.count) : `${most.percent}%`;
  const so = ended
    ? `${rejected} of ${rows + rejected} rows were rejected`
    : `${rejected} rows were rejected so far`;
  throw new MlregError('GATE_FAILED', `${so}, more than --max-rejects ${limit}`, {
    hint: 'see the reasons in the file of --reject; nothing was written to --output',
    details: { rows, rejected },
  });
}
