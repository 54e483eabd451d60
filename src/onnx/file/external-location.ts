import { posix } from 'node:path';

export interface FolderPath {
  /** Relative to the folder of the model file, `/`-separated, without `.`, `..` and empty parts. */
  path: string;
  /** Folders that a `..` leads out of again: they must be there, or the operating system does not find the file. */
  through: string[];
}

/** What could not be registered as a path, and `*`: ONNX Runtime takes some locations with it for addresses in its own memory. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const bad = /[\u0000-\u001f\u007f\\*]|^[a-zA-Z]:|^\//;

/** As on Linux; no path in an artifact is as long. */
const longestPath = 4096;

/** Where a location of external data leads, as ONNX Runtime resolves it; undefined unless that is a file below the model's folder. */
export function resolveLocation(location: string): FolderPath | undefined {
  if (location.length > longestPath || bad.test(location) || /(?:^|\/)\.{0,2}$/.test(location))
    return undefined;
  const parts: string[] = [];
  const through: string[] = [];
  for (const part of location.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') {
      parts.push(part);
      continue;
    }
    if (parts.length === 0) return undefined;
    through.push(posix.join(...parts));
    parts.pop();
  }
  return { path: parts.join('/'), through };
}
