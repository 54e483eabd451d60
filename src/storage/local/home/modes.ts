import { statSync } from 'node:fs';

/**
 * Who may use a home, read from the mode of its folder: `owner`, or `group` after `init --shared`
 * (writable by the group, and set-group-id, so that every new file in it belongs to the group).
 */
export type Sharing = 'owner' | 'group';

export const folderModes: Record<Sharing, number> = { owner: 0o700, group: 0o2770 };
/**
 * Modes of files that are rewritten: the database (SQLite gives its log files the same mode) and
 * registry.json.
 */
export const fileModes: Record<Sharing, number> = { owner: 0o600, group: 0o660 };

const groupBits = 0o2070;

/** How an existing home is shared. */
export function sharingOf(home: string): Sharing {
  return (statSync(home).mode & groupBits) === groupBits ? 'group' : 'owner';
}
