import { spawnSync } from 'node:child_process';
import { codeBlocks, guide } from './guides.ts';

/** A framework's part of the guide: what to install, and the script that exports a model. */
export interface Recipe {
  /** The packages with their versions, as pip takes them. */
  packages: string[];
  /** `from_trees.py lightgbm`: what python3 runs. */
  script: string[];
}

const guideText = guide('from-training');
const lines = codeBlocks(guideText, 'sh').flatMap((block) => block.trimEnd().split('\n'));

/** The commands of the guide that register, test and measure what a script has exported. */
export const guideCommands = lines.filter((line) => /^mlreg (?!help)/.test(line));

/** The command of the guide that writes its scripts to files. */
export const extraction = lines.find((line) => line.startsWith('mlreg help from-training |')) ?? '';

/** Every script that the guide runs, with the packages that it installs before. */
export function recipes(): Recipe[] {
  let packages: string[] = [];
  return lines.flatMap((line) => {
    const [program, ...words] = line.split(' ');
    if (program === 'pip') packages = words.slice(1);
    return program === 'python3' ? [{ packages, script: words }] : [];
  });
}

/** Writes the scripts of the guide to `folder`, by the command that the guide gives, and returns what went wrong. */
export function extractScripts(folder: string, env: Record<string, string>): string {
  const { status, stderr } = spawnSync('sh', ['-c', extraction], { cwd: folder, env, encoding: 'utf8' });
  return status === 0 ? stderr : `${extraction}: ${stderr}`;
}
