import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../core/versions/artifact.ts';
import { quote } from '../core/text/quote.ts';
import { pullMarkerName } from './pull-marker.ts';

/** How many paths a message names. */
const mostNamed = 5;
/** The search ends after this many paths. */
const mostFound = 1000;

/** Files that may be in the folder. A size or digest that is not given is not compared. */
export type KnownFiles = ReadonlyMap<string, { size?: number; digest?: string }>;

/**
 * Paths in a folder that are not known files or have other content. Also lists links and other
 * entries, and folders without any known file, which end with a slash. Ignores the marker of `pull
 * --clean`. Sorted; the search ends after a thousand.
 */
export async function otherFiles(folder: string, known: KnownFiles, signal?: AbortSignal): Promise<string[]> {
  const folders = new Set<string>();
  for (const path of known.keys())
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      folders.add(path.slice(0, at));
  const found: string[] = [];
  await walk(folder, '');
  return found.toSorted();

  async function walk(within: string, prefix: string): Promise<void> {
    for await (const entry of await opendir(within)) {
      if (found.length >= mostFound) return;
      signal?.throwIfAborted();
      const path = prefix + entry.name;
      if (path === pullMarkerName) continue;
      if (entry.isDirectory() && folders.has(path)) await walk(join(within, entry.name), `${path}/`);
      else if (entry.isDirectory()) found.push(`${path}/`);
      else if (!entry.isFile() || !(await isKnown(join(within, entry.name), known.get(path))))
        found.push(path);
    }
  }
}

async function isKnown(
  location: string,
  known: { size?: number; digest?: string } | undefined,
): Promise<boolean> {
  if (known === undefined) return false;
  if (known.size !== undefined && (await lstat(location)).size !== known.size) return false;
  if (known.digest === undefined) return true;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(location)) hash.update(chunk as Uint8Array);
  return digestOf(hash.digest('hex')) === known.digest;
}

/** `"a", "b" and 3 more`. */
export function namedShortly(paths: readonly string[]): string {
  const named = paths.slice(0, mostNamed).map(quote).join(', ');
  return paths.length <= mostNamed ? named : `${named} and ${paths.length - mostNamed} more`;
}
