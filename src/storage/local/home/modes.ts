import { statSync } from 'node:fs';

/**
 * Who may use a home, told by the mode of its folder: `owner`, or `group` after `init --shared`
 * (set-group-id, so that all that is made in it belongs to the group, and writable by the group).
 */
export type Sharing = 'owner' | 'group';

export const folderModes: Record<Sharing, number> = { owner: 0o700, group: 0o2770 };
/**
 * Of files that are written again: the database (its log files take the same), and registry.json.
 */
export const fileModes: Record<Sharing, number> = { owner: 0o600, group: 0o660 };

const groupBits = 0o2070;

/** How a home that is there is shared. */
export function sharingOf(home: string): Sharing {
  return (statSync(home).mode & groupBits) === groupBits ? 'group' : 'owner';
}
