import { randomUUID } from 'node:crypto';
import { link, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../../files/fsync.ts';
import { asStorageError, isErrno } from '../blobs/fs-errors.ts';
import { failure, type Finding } from '../../diagnosis.ts';

/**
 * Does with small files in `tmp/` what storing a blob does: write, fsync, link, rename. They are
 * removed before this settles, also on an abort, and their names are read by nothing else.
 */
export async function probeFolder(home: string, signal?: AbortSignal): Promise<Finding[]> {
  const name = `doctor-${randomUUID()}`;
  const [file, second, moved] = ['', '-linked', '-moved'].map((suffix) =>
    join(home, 'tmp', name + suffix),
  ) as [string, string, string];
  const inBlobs = join(home, 'blobs', `.${name}`);
  const findings: Finding[] = [];
  try {
    const probes: [check: string, what: string, probe: () => Promise<string>, lacking?: string][] = [
      ['fsync', 'write and sync a file in tmp/', () => writeSynced(file)],
      [
        'hard-links',
        'link a file in tmp/',
        () => linkTwice(file, second),
        'use a file system that has hard links',
      ],
      ['rename', 'rename a file in tmp/', () => renameOver(file, second, moved)],
      [
        'one-device',
        'link a file of tmp/ into blobs/',
        () => linkAcross(home, moved, inBlobs),
        'keep tmp/ and blobs/ on the same mount',
      ],
    ];
    for (const [check, what, probe, lacking] of probes) {
      signal?.throwIfAborted();
      const base = { check, about: 'file system' } as const;
      // Each step needs the results of the steps before it.
      if (findings.some(({ status }) => status === 'fail')) {
        findings.push({ ...base, status: 'skip', observed: 'skipped, because another check failed' });
        continue;
      }
      try {
        findings.push({ ...base, status: 'ok', observed: await probe() });
      } catch (error) {
        const failed = failure(check, base.about, asStorageError(error, what));
        findings.push(isLacking(error) && lacking !== undefined ? { ...failed, advice: lacking } : failed);
      }
    }
    return findings;
  } finally {
    for (const each of [file, second, moved, inBlobs]) await rm(each, { force: true }).catch(() => undefined);
  }
}

/**
 * Whether the file system lacks the operation, as opposed to a problem of its state or our
 * permissions.
 */
function isLacking(error: unknown): boolean {
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV'].some((code) => isErrno(error, code));
}

async function writeSynced(file: string): Promise<string> {
  const started = performance.now();
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile('mlreg doctor\n');
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(join(file, '..'));
  return `synced a file and its folder in ${(performance.now() - started).toFixed(1)} ms`;
}

async function linkTwice(file: string, second: string): Promise<string> {
  await link(file, second);
  const [one, other] = [await stat(file), await stat(second)];
  if (one.ino !== other.ino || one.nlink < 2) throw notSupported('link', 'a hard link is not the same file');
  try {
    await link(file, second);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return 'hard links work, and an existing name is not replaced';
    throw error;
  }
  throw notSupported('link', 'a hard link replaced a file');
}

async function renameOver(file: string, second: string, moved: string): Promise<string> {
  const { ino } = await stat(file);
  await rename(file, moved);
  await rename(second, file);
  if ((await stat(moved)).ino !== ino) throw notSupported('rename', 'a renamed file has another inode');
  return 'rename keeps the inode';
}

/**
 * Tested with a real link: one device may be mounted several times, and links between its mounts
 * fail.
 */
async function linkAcross(home: string, file: string, inBlobs: string): Promise<string> {
  const [tmp, blobs] = [await stat(join(home, 'tmp')), await stat(join(home, 'blobs', 'sha256'))];
  if (tmp.dev !== blobs.dev) throw notSupported('link', 'tmp/ and blobs/sha256/ are on two devices', 'EXDEV');
  await link(file, inBlobs);
  return 'tmp/ and blobs/ are on the same file system';
}

function notSupported(syscall: string, message: string, code = 'ENOTSUP'): Error {
  return Object.assign(new Error(message), { code, syscall });
}
