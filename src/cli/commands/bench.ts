import type { Command } from 'commander';
import type { Act } from '../command-table.ts';
export function define(parent: Command, act: Act): Command {
  return parent.command('bench <ref>').action(act(async () => {}));
}
