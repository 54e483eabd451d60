import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { blobFolders } from '../blobs-fs/fs-blob-store.ts';
import { asStorageError } from '../blobs-fs/fs-errors.ts';
import { failure, type Finding, type HomeDiagnosis } from '../diagnosis.ts';
import { countLeftovers } from './count-files.ts';
import { diagnoseFileSystem } from './file-system.ts';
import { folderModes, sharingOf } from './modes.ts';
import { probeFolder } from './probe-folder.ts';
import { readRegistryFile } from './registry-file.ts';

/** The files of a home. `id` is the registry's, where its format is one that we know: only then may more be looked at. */
export async function diagnoseFiles(
  home: string,
  signal?: AbortSignal,
): Promise<HomeDiagnosis & { id?: string }> {
  const place = await diagnoseFileSystem(home).catch((error: unknown) => [
    failure('file-system', 'file system', asStorageError(error, 'look at the file system')),
  ]);
  const format = formatOf(home);
  if (format === undefined) return { present: false, findings: place };
  if (format.id === undefined) return { present: true, findings: [format.finding, ...place] };
  const permissions = permissionsOf(home);
  const probes = permissions.writable
    ? await probeFolder(home, signal)
    : ['fsync', 'hard-links', 'rename', 'one-device'].map((check): Finding => ({
        check,
        about: 'file system',
        status: 'skip',
        observed: 'its folders cannot be written',
      }));
  const findings = [
    format.finding,
    permissions.finding,
    ...(await countLeftovers(home)),
    ...place,
    ...probes,
  ];
  return { present: true, id: format.id, findings };
}

function formatOf(home: string): { finding: Finding; id?: string } | undefined {
  const base = { check: 'format', about: 'home' } as const;
  try {
    const file = readRegistryFile(home);
    if (file !== undefined)
      return { id: file.id, finding: { ...base, status: 'ok', observed: `format ${file.formatVersion}` } };
    if (!existsSync(join(home, 'mlreg.db'))) return undefined;
    const finding: Finding = {
      ...base,
      status: 'fail',
      observed: 'there is a mlreg.db, but no registry.json',
      advice: 'mlreg init DIR makes registry.json anew, for the database that is there',
      code: 'INTEGRITY',
    };
    return { finding };
  } catch (error) {
    return { finding: failure('format', 'home', error) };
  }
}

function permissionsOf(home: string): { finding: Finding; writable: boolean } {
  const { mode, uid } = statSync(home);
  const bits = (mode & 0o7777).toString(8).padStart(4, '0');
  const missing = blobFolders.filter((name) => !existsSync(join(home, name)));
  const folders = ['.', ...blobFolders].map((name) => join(home, name));
  const readable = folders.every((folder) => may(folder, constants.R_OK | constants.X_OK));
  const writable = readable && folders.every((folder) => may(folder, constants.W_OK | constants.X_OK));
  const base = { check: 'permissions', about: 'home' } as const;
  // What lies in a folder that is closed to us only seems to be missing.
  const closed = ['.', 'blobs'].some(
    (name) => existsSync(join(home, name)) && !may(join(home, name), constants.X_OK),
  );
  if (missing.length > 0 && !closed) {
    const observed = `${missing.map((name) => `${name}/`).join(', ')} missing`;
    const advice = 'restore it from a backup; what was empty can be made again with mkdir';
    return { writable: false, finding: { ...base, status: 'fail', observed, advice, code: 'INTEGRITY' } };
  }
  const observed = `mode ${bits}, owner ${uid}, ${writable ? 'readable and writable' : readable ? 'readable, not writable' : 'not readable'}`;
  if (!readable) {
    const advice = `become user ${uid}, or have it share the registry with your group`;
    return { writable, finding: { ...base, status: 'fail', observed, advice, code: 'STORAGE' } };
  }
  const open = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && sharingOf(home) !== 'group');
  if (!writable) {
    const advice = 'reading works; whatever changes something ends with exit code 8';
    return { writable, finding: { ...base, status: 'warn', observed, advice } };
  }
  if (open && process.platform !== 'win32') {
    const advice = `others may change it: chmod ${folderModes.owner.toString(8)} (or ${folderModes.group.toString(8)} for a group)`;
    return { writable, finding: { ...base, status: 'warn', observed, advice } };
  }
  return { writable, finding: { ...base, status: 'ok', observed } };
}

function may(folder: string, how: number): boolean {
  try {
    accessSync(folder, how);
    return true;
  } catch {
    return false;
  }
}
