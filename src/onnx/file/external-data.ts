import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { counted } from '../../core/text/numbers.ts';
import { type ExternalLocation, refuse } from './read-external.ts';

/** The tensor that ends last in one external file. */
export interface ExternalReference extends ExternalLocation {
  tensor: string;
}

/** An exporter writes all locations in the same form, so models need few folders. */
const mostFolders = 64;

function endOf({ offset, length, packedEnd = 0 }: ExternalLocation): number {
  return Math.max(offset + (length ?? 0), packedEnd);
}

/**
 * Keeps, for each file, the tensor that ends last, because the file then also contains the others;
 * and all folders on the way to the file.
 */
export function keepFurthest(
  references: Map<string, ExternalReference>,
  tensor: string,
  found: ExternalLocation,
): void {
  const held = references.get(found.location);
  const furthest = held === undefined || endOf(found) > endOf(held) ? { ...found, tensor } : held;
  const through = new Set([...(held?.through ?? []), ...(found.through ?? [])]);
  if (through.size > mostFolders)
    throw refuse(tensor, `${quote(found.location)} is written in too many different ways`);
  references.set(found.location, { ...furthest, ...(through.size > 0 ? { through: [...through] } : {}) });
}

/**
 * Refuses a model whose external data is incomplete. `files`: sizes by path relative to the model
 * file's folder, only of files that belong to the artifact.
 */
export function checkExternalData(
  references: readonly ExternalReference[],
  files: ReadonlyMap<string, number>,
): void {
  for (const reference of references) {
    const { tensor, location, offset, length, through = [], packedEnd = 0 } = reference;
    const size = files.get(location);
    if (size === undefined) {
      throw new MlregError(
        'INVALID_INPUT',
        `tensor ${quote(tensor)} has its data in ${quote(location)}, which is not in the artifact`,
        { hint: 'register the folder that holds the model and its data files' },
      );
    }
    const missing = through.find((folder) => !isFolder(folder, files));
    if (missing !== undefined) {
      throw new MlregError(
        'INVALID_INPUT',
        `the path of ${quote(location)} (data of tensor ${quote(tensor)}) uses the folder ${quote(missing)}, which is not in the artifact`,
        { hint: 'save the model again with a simple location, for example weights.bin' },
      );
    }
    if (endOf(reference) > size) {
      const wanted =
        packedEnd > offset + (length ?? 0)
          ? `packed weights up to byte ${packedEnd}`
          : length === null
            ? `data from offset ${offset}`
            : `${counted(length, 'byte')} at offset ${offset}`;
      throw new MlregError(
        'INVALID_INPUT',
        `tensor ${quote(tensor)} needs ${wanted} of ${quote(location)}, but the file has ${counted(size, 'byte')}`,
        { hint: `${quote(location)} may be truncated or belong to another model; export both again` },
      );
    }
  }
}

function isFolder(path: string, files: ReadonlyMap<string, number>): boolean {
  return [...files.keys()].some((file) => file.startsWith(`${path}/`));
}
