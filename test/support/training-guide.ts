import { spawnSync } from 'node:child_process';
import { codeBlocks, guide } from './guides.ts';

/** What the guide installs and runs for one framework. */
export interface Recipe {
  /** The packages with their versions, as pip takes them. */
  packages: string[];
  /** `['from_trees.py', 'lightgbm']`: what python3 runs. */
  script: [name: string, ...args: string[]];
}

const text = guide('from-training');
const blocks = codeBlocks(text, 'sh').map((block) =>
  block
    .trimEnd()
    .replaceAll(/ \\\n */g, ' ')
    .split('\n'),
);
const lines = blocks.flat();

/** The commands of the guide that register, test and measure what a script has exported. */
export const guideCommands = lines.filter((line) => /^mlreg (?!help)/.test(line));

/** The scripts of the guide by their names. */
export const scriptNames = codeBlocks(text, 'python').map((block) => /^# (\w+\.py)$/m.exec(block)?.[1] ?? '');

/** Each run of a script, with the packages that its block installs. */
export const recipes: Recipe[] = blocks.flatMap((block) => {
  const packages = block
    .filter((line) => line.startsWith('pip install '))
    .map((line) => line.split(' ').slice(2));
  return block
    .filter((line) => line.startsWith('python3 '))
    .map((line) => {
      const [, name = '', ...args] = line.split(' ');
      return { packages: packages.flat(), script: [name, ...args] };
    });
});

/** Writes the scripts to `folder` by the command that the guide gives for this. */
export function extractScripts(folder: string, env: Record<string, string>): void {
  const command = lines.find((line) => line.startsWith('mlreg help from-training |')) ?? '';
  const { status, stderr } = spawnSync('sh', ['-c', command], { cwd: folder, env, encoding: 'utf8' });
  if (command === '' || status !== 0)
    throw new Error(`the scripts were not written by ${command}: ${stderr}`);
}
