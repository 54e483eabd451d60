import { version } from '../kinds.ts';
import { moveFields } from '../move.ts';
import { changing } from '../result.ts';

export const rollback = changing('rollback', {
  ...moveFields,
  yanked: version.optional().describe('The replaced version, if it was yanked too'),
});
