import { spawnSync } from 'node:child_process';
import { processMark } from '../../src/files/scratch.ts';

let mark: string | undefined;

/** The mark that names of files bear of a process which ran on this machine and is gone. */
export function deadMark(): string {
  const [, start, place] = processMark().split('.');
  mark ??= [spawnSync('true').pid, start, place].join('.');
  return mark;
}
