import { readFileSync } from 'node:fs';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/**
 * The text of `completion/mlreg.SHELL`, which the build copies to the same path beside the bundle.
 */
export function completionScript(shell: Shell): string {
  return readFileSync(new URL(`./completion/mlreg.${shell}`, import.meta.url), 'utf8');
}
