import { statfsSync } from 'node:fs';
import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';

/**
 * File systems that several machines can mount, by the type number from statfs(2) (linux/magic.h,
 * or the sources of those that are not listed there). SQLite's WAL needs memory that all of its
 * processes share, and machines do not share memory.
 */
const networkTypes = new Map<number, string>([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB2'],
  [0xff534d42, 'CIFS'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0x20030528, 'OrangeFS'],
]);

/** The name of a type that must not hold a registry; undefined if it may. */
export function networkType(type: number): string | undefined {
  // A 32-bit system reports a set high bit as a negative number.
  return networkTypes.get(type >>> 0);
}

/** STORAGE if the existing `folder` is on a network file system. */
export function refuseNetwork(folder: string, typeOf: (folder: string) => number = typeOfFolder): void {
  const name = process.platform === 'linux' ? networkType(typeOf(folder)) : undefined;
  if (name === undefined) return;
  throw new MlregError(
    'STORAGE',
    `${quote(folder)} is on ${name}, a network file system, where access from several hosts can corrupt the database; nothing was changed`,
    {
      hint: 'move the registry to a local disk, or use --allow-network-fs if no other host ever uses it',
    },
  );
}

function typeOfFolder(folder: string): number {
  return statfsSync(folder).type;
}
