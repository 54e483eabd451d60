import * as z from 'zod';
import { benchReport } from '../bench-report.ts';
import { digest, reference, uuid, version } from '../kinds.ts';
import { changing } from '../result.ts';

export const benched = z.strictObject({ ref: reference, version, digest });

export const bench = changing('bench', {
  id: uuid.nullable().describe('Under which the result is stored with the version; null: it could not be'),
  subject: benched,
  baseline: benched.nullable().describe('Null: nothing was compared with'),
  ...benchReport.shape,
});
