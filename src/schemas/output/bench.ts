import * as z from 'zod';
import { benchMatrix } from '../bench-matrix.ts';
import { benchReport } from '../bench-report.ts';
import { digest, reference, uuid, version } from '../kinds.ts';
import { changing } from '../result.ts';

export const benched = z.strictObject({ ref: reference, version, digest });

const one = changing('bench', {
  id: uuid.nullable().describe('Under which the result is stored with the version; null: it could not be'),
  subject: benched,
  baseline: benched.nullable().describe('Null: nothing was compared with'),
  ...benchReport.shape,
});

const matrix = changing('bench', { subject: benched, matrix: benchMatrix });

/** One measurement, or with --matrix a grid of them. */
export const bench = z.union([one, matrix]);
