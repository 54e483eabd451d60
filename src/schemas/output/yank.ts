import { changing } from '../result.ts';
import { yankFields } from '../yank.ts';

export const yank = changing('yank', yankFields);
