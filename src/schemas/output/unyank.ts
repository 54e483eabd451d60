import { changing } from '../result.ts';
import { yankFields } from '../yank.ts';

export const unyank = changing('unyank', yankFields);
