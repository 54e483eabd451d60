import { readFileSync, realpathSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { failure, type Finding } from '../../diagnosis.ts';
import { networkType, refuseNetwork } from './network-fs.ts';

/** Linux names of file system types that several machines can write to at the same time. */
const network =
  /^(?:nfs|nfs4|cifs|smb3|smbfs|ncpfs|afs|ceph|lustre|gpfs|beegfs|orangefs|9p|virtiofs|vboxsf|prl_fs|fuse\..*(?:sshfs|s3|gcs|rclone|gluster|ceph|blob|davfs|grpcfuse|osxfs).*)$/;
const volatile = /^(?:tmpfs|ramfs)$/;

export interface Mount {
  point: string;
  type: string;
}

/**
 * The mount that contains `path`, from the text of /proc/self/mountinfo (proc_pid_mountinfo(5)). If
 * two are mounted on one point, the later one hides the other.
 */
export function mountOf(mountinfo: string, path: string): Mount | undefined {
  let found: Mount | undefined;
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const point = unescapeOctal(before.split(' ')[4] ?? '');
    const type = after.split(' ')[0] ?? '';
    const holds = point === '/' || path === point || path.startsWith(`${point}/`);
    if (point !== '' && type !== '' && holds && point.length >= (found?.point.length ?? 0))
      found = { point, type };
  }
  return found;
}

/** In mountinfo, blanks, tabs, newlines and backslashes are written as `\040` and so on. */
function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

/**
 * The folder's file system and its free space. The folder need not exist: its nearest existing
 * parent counts. `refused`: no command opens a registry there unless `allowNetworkFs` says that no
 * other host uses it.
 */
export async function diagnoseFileSystem(
  folder: string,
  allowNetworkFs: boolean,
): Promise<{ findings: Finding[]; refused: boolean }> {
  const place = nearestFolder(folder);
  const { type, bavail, blocks, bsize } = await statfs(place);
  const space = spaceFinding(bavail * bsize, blocks * bsize);
  try {
    if (!allowNetworkFs) refuseNetwork(place, () => type);
  } catch (error) {
    return { findings: [failure('file-system', 'file system', error), space], refused: true };
  }
  return { findings: [typeFinding(place, type, allowNetworkFs), space], refused: false };
}

/**
 * The finding for a file system that is not refused. `type` is the number from statfs(2), which
 * distinguishes fewer types than the names in mountinfo.
 */
function typeFinding(place: string, type: number, allowNetworkFs: boolean): Finding {
  const base = { check: 'file-system', about: 'file system' } as const;
  if (process.platform !== 'linux')
    return {
      ...base,
      status: 'skip',
      observed: `mlreg cannot tell the file system type on ${process.platform}`,
    };
  const mount = readMount(place);
  const name = networkType(type);
  if (name !== undefined || (allowNetworkFs && mount !== undefined && network.test(mount.type))) {
    const what = mount === undefined ? name : `${mount.type} on ${mount.point}`;
    return { ...base, status: 'ok', observed: `${what}, allowed by --allow-network-fs` };
  }
  if (mount === undefined)
    return { ...base, status: 'skip', observed: 'type unknown: not in /proc/self/mountinfo' };
  const observed = `${mount.type} on ${mount.point}`;
  if (network.test(mount.type)) {
    const advice = 'move the registry to a local disk: SQLite locks do not work on network file systems';
    return { ...base, status: 'warn', observed: `${observed}, a network file system`, advice };
  }
  if (volatile.test(mount.type)) {
    const advice = 'move the registry to a disk unless it is temporary';
    return { ...base, status: 'warn', observed: `${observed}, which is lost on restart`, advice };
  }
  return { ...base, status: 'ok', observed };
}

/** A disk smaller than this is too small, even if it is empty. */
const leastBytes = 1e9;
const leastShare = 0.05;

export function spaceFinding(free: number, total: number): Finding {
  const share = total > 0 ? free / total : 1;
  const observed = `${size(free)} free of ${size(total)} (${Math.floor(100 * share)}%)`;
  const base = { check: 'free-space', about: 'file system', observed } as const;
  if (free >= leastBytes && share >= leastShare) return { ...base, status: 'ok' };
  const cures = [
    ...(share < leastShare || total >= leastBytes ? ['free some space'] : []),
    ...(total < leastBytes ? ['move the registry to a larger disk'] : []),
  ];
  const advice = `${cures.join(', or ')}: on a full disk, registering fails (nothing is damaged)`;
  return { ...base, status: 'warn', advice };
}

function size(bytes: number): string {
  return bytes < 1e9 ? `${Math.floor(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

function readMount(place: string): Mount | undefined {
  try {
    return mountOf(readFileSync('/proc/self/mountinfo', 'utf8'), place);
  } catch {
    return undefined;
  }
}

/**
 * The file because of which `folder` is not, and cannot become, a folder; undefined if there is
 * none.
 */
export function fileInTheWay(folder: string): string | undefined {
  const nearest = nearestFolder(folder);
  return statSync(nearest, { throwIfNoEntry: false })?.isDirectory() === false ? nearest : undefined;
}

/** The folder, or its nearest existing parent. Follows symbolic links. */
export function nearestFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
  }
}
