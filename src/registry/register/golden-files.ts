import { basename, resolve } from 'node:path';
import { isDataSetFolder } from '../../onnx/golden/golden-layout.ts';
import { contentKind, type ContentKind } from '../../files/content-kind.ts';
import { refuseMisplaced } from '../../files/name-contents.ts';
import { readSource } from '../../files/read-source.ts';
import type { SourceFile } from '../../files/scan-source.ts';
import { scanGolden, type GoldenKind } from './stage-golden.ts';

/** Where each file of a golden set is on disk, by its path in the set. */
export type GoldenLocations = Map<string, string>;

/** A golden set, or inputs, on disk. NOT_FOUND, INVALID_INPUT and STORAGE as in `scanGolden`. */
export async function findGolden(path: string, kind: GoldenKind): Promise<GoldenLocations> {
  const source = await scanGolden(path, kind);
  for (const file of source.files)
    refuseMisplaced(file.path, await contentOf(file), kind === 'inputs' ? 'inputs' : 'a golden set');
  const own = basename(resolve(path));
  // If the path is itself a data set folder, the case is named after it.
  const folder = source.kind === 'folder' && isDataSetFolder(own) ? `${own}/` : '';
  return new Map(source.files.map((file) => [`${folder}${file.path}`, file.location]));
}

async function contentOf(file: SourceFile): Promise<ContentKind | undefined> {
  for await (const chunk of readSource(file)) return contentKind(chunk);
  return undefined;
}
