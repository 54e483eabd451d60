import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { shellWord } from '../../../core/text/quote.ts';
import { blobFolders, isPassingFolder } from '../blobs/blob-folders.ts';
import { asStorageError } from '../blobs/fs-errors.ts';
import { failure, type Finding, type PlaceDiagnosis } from '../../diagnosis.ts';
import { countLeftovers } from './count-files.ts';
import { diagnoseFileSystem, fileInTheWay } from './file-system.ts';
import { folderModes, sharingOf } from './modes.ts';
import { probeFolder } from './probe-folder.ts';
import { readRegistryFile } from './registry-file.ts';

/**
 * Checks the files of a home. `id` is the registry's id, set only if we know its format: otherwise
 * nothing more may be looked at. `refused`: its file system is one on which no database may be
 * opened.
 */
export async function diagnoseFiles(
  home: string,
  { signal, allowNetworkFs = false }: { signal?: AbortSignal | undefined; allowNetworkFs?: boolean },
): Promise<PlaceDiagnosis & { id?: string; refused?: boolean }> {
  const { findings: place, refused } = await diagnoseFileSystem(home, allowNetworkFs).catch(
    (error: unknown) => ({
      findings: [failure('file-system', 'file system', asStorageError(error, 'check the file system'))],
      refused: false,
    }),
  );
  const format = formatOf(home);
  if (format === undefined) {
    const inTheWay = fileInTheWay(home);
    // Nothing is there yet that it could harm.
    const findings = place.map((each): Finding => (refused ? asWarning(each) : each));
    return { present: false, findings, ...(inTheWay === undefined ? {} : { inTheWay }) };
  }
  if (format.id === undefined) return { present: true, findings: [format.finding, ...place] };
  const permissions = permissionsOf(home);
  const probes =
    permissions.unusable === undefined
      ? await probeFolder(home, signal)
      : ['fsync', 'hard-links', 'rename', 'one-device'].map((check): Finding => ({
          check,
          about: 'file system',
          status: 'skip',
          observed: permissions.unusable ?? '',
        }));
  const findings = [
    format.finding,
    permissions.finding,
    ...(await countLeftovers(home)),
    ...place,
    ...probes,
  ];
  return { present: true, id: format.id, refused, findings };
}

function asWarning({ code: _code, ...finding }: Finding): Finding {
  return finding.status === 'fail' ? { ...finding, status: 'warn' } : finding;
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
      observed: 'mlreg.db exists, but registry.json is missing',
      advice: `mlreg init ${shellWord(home)} recreates registry.json for the existing database`,
      code: 'INTEGRITY',
    };
    return { finding };
  } catch (error) {
    return { finding: failure('format', 'home', error) };
  }
}

/** `unusable`: why its folders cannot be tested; absent if they can. */
function permissionsOf(home: string): { finding: Finding; unusable?: string } {
  const { mode, uid } = statSync(home);
  const bits = (mode & 0o7777).toString(8).padStart(4, '0');
  const missing = blobFolders.filter((name) => !existsSync(join(home, name)));
  const folders = ['.', ...blobFolders.filter((name) => !missing.includes(name))].map((name) =>
    join(home, name),
  );
  const base = { check: 'permissions', about: 'home' } as const;
  // If a folder is closed to us, its contents only seem to be missing.
  const closed = ['.', 'blobs'].some(
    (name) => existsSync(join(home, name)) && !may(join(home, name), constants.X_OK),
  );
  const lost = missing.length > 0 && !closed ? `${missing.map((name) => `${name}/`).join(', ')} missing` : '';
  if (lost !== '' && !missing.every(isPassingFolder)) {
    const advice = 'restore it from a backup; recreate empty folders with mkdir';
    return {
      unusable: 'folders are missing',
      finding: { ...base, status: 'fail', observed: lost, advice, code: 'INTEGRITY' },
    };
  }
  const readable = !closed && folders.every((folder) => may(folder, constants.R_OK | constants.X_OK));
  const writable = readable && folders.every((folder) => may(folder, constants.W_OK | constants.X_OK));
  const unusable = writable ? {} : { unusable: 'its folders are not writable' };
  const observed = `mode ${bits}, owner ${uid}, ${writable ? 'readable and writable' : readable ? 'readable, not writable' : 'not readable'}`;
  if (!readable) {
    const advice = `run as user ${uid}, or ask that user to share the registry with your group`;
    return { ...unusable, finding: { ...base, status: 'fail', observed, advice, code: 'STORAGE' } };
  }
  if (!writable) {
    const advice = 'read-only commands work; commands that change something fail with exit code 8';
    const seen = lost === '' ? observed : `${observed}; ${lost}`;
    return { ...unusable, finding: { ...base, status: 'warn', observed: seen, advice } };
  }
  const open = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && sharingOf(home) !== 'group');
  const cures = [
    ...(lost === ''
      ? []
      : ['they may be missing (git does not keep empty folders): mlreg creates them when needed']),
    ...(open && process.platform !== 'win32'
      ? [
          `other users can change it: chmod ${folderModes.owner.toString(8)} (or ${folderModes.group.toString(8)} for a group)`,
        ]
      : []),
  ];
  if (cures.length > 0) {
    const seen = lost === '' ? observed : `${observed}; ${lost}`;
    return {
      finding: { ...base, status: 'warn', observed: seen, advice: cures.join('; ') },
      ...(missing.includes('tmp') ? { unusable: 'tmp/ is missing' } : {}),
    };
  }
  return { finding: { ...base, status: 'ok', observed } };
}

function may(folder: string, how: number): boolean {
  try {
    accessSync(folder, how);
    return true;
  } catch {
    return false;
  }
}
