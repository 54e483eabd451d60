import { moveFields } from '../move.ts';
import { changing } from '../result.ts';

export const rollback = changing('rollback', moveFields);
