import { moveFields } from '../move.ts';
import { changing } from '../result.ts';

export const demote = changing('demote', moveFields);
