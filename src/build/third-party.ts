import type { Metafile } from 'esbuild';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The licences of the packages in the bundles, for the file that is shipped with them: most
 * licences require that their text comes with every copy. Throws if a package has no licence.
 */
export function thirdPartyLicenses(metafiles: readonly Metafile[]): string {
  const folders = new Set(metafiles.flatMap(usedFiles).flatMap(packageFolder));
  const notices = [...folders].sort((one, other) => one.localeCompare(other, 'en')).map(notice);
  return `The files in this folder contain code of the packages below, each under its own licence.\n${notices.join('')}`;
}

/** Licences that stand in the repositories of packages, but not in the packages. */
const elsewhere: Readonly<Record<string, string>> = {
  '@redis/client': 'src/build/licenses/redis-client.txt',
};

/** Of the files that the build read, those that contribute to a bundle. */
function usedFiles({ outputs }: Metafile): string[] {
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
  );
}

/** The folder of the innermost package that contains a file; undefined for our own files. */
function packageFolder(file: string): string[] {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.slice(0, 1) ?? [];
}

function notice(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  const files = readdirSync(folder).filter((file) => /^(?:licen[cs]e|copying|notice)\b/i.test(file));
  const paths = files.map((file) => join(folder, file));
  const other = elsewhere[name ?? ''];
  if (paths.length === 0 && other !== undefined) paths.push(other);
  if (paths.length === 0)
    throw new Error(`${name} is bundled, and its package has no licence file to go with it`);
  const texts = paths.map((path) => readFileSync(path, 'utf8').trim());
  return `\n${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`;
}
