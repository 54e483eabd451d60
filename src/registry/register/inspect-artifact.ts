import { posix } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import type { OnnxModel } from '../../core/versions/onnx-model.ts';
import { quote } from '../../core/text/quote.ts';
import { checkExternalData } from '../../onnx/file/external-data.ts';
import { withFile } from '../../onnx/file/bytes.ts';
import type { DigestVersion } from '../../onnx/graph/graph-digest.ts';
import { readOnnxModel } from '../../onnx/file/read-model.ts';
import type { StagedBlob } from '../../storage/blob-store.ts';
import { refuseMisplaced, type ContentKinds } from '../../files/content-kind.ts';
import type { SourceTree } from '../../files/scan-source.ts';

export interface Inspection {
  /** The kind of artifact; versions are compared by it. */
  format: string;
  /** Path of the version's ONNX file; null: it has none. */
  entry: string | null;
  onnx: OnnxModel | null;
  warnings: string[];
}

export interface InspectOptions {
  kind: SourceTree['kind'];
  /** The ONNX file that the user chose. */
  entry?: string | undefined;
  /** The kinds of the files, by their first bytes. */
  contents?: ContentKinds;
  /** Paths of files that have other hard links, so they may not hold external data. */
  hardLinked?: ReadonlySet<string>;
  /** As in `readOnnxModel`. */
  digestVersion?: DigestVersion;
}

/** Endings that mean the same kind of artifact. Any other ending is a kind of its own. */
const formats: Record<string, string> = {
  pkl: 'pickle',
  pickle: 'pickle',
  pt: 'pytorch',
  pth: 'pytorch',
  h5: 'hdf5',
  hdf5: 'hdf5',
};

/**
 * Inspects the staged copy of an artifact. An ONNX file is read without its weights, and its
 * external data must be part of the artifact. INVALID_INPUT for a file that ends in .onnx and is
 * not an ONNX model.
 */
export function inspectArtifact(staged: ReadonlyMap<string, StagedBlob>, about: InspectOptions): Inspection {
  const { kind, entry } = about;
  const paths = [...staged.keys()];
  if (entry !== undefined && !staged.has(entry)) {
    throw new MlregError('INVALID_INPUT', `--entry ${quote(entry)} is not a file of the artifact`, {
      hint: `its files are ${paths.slice(0, 5).join(', ')}${paths.length > 5 ? ' …' : ''}`,
    });
  }
  const { chosen, warnings } = entry === undefined ? chooseEntry(paths) : { chosen: entry, warnings: [] };
  if (chosen === undefined)
    return {
      format: kind === 'folder' ? 'folder' : formatOf(paths[0] ?? ''),
      entry: null,
      onnx: null,
      warnings,
    };
  const { model, warnings: modelWarnings } = readEntry(staged, about, chosen);
  return { format: 'onnx', entry: chosen, onnx: model, warnings: [...warnings, ...modelWarnings] };
}

function chooseEntry(paths: string[]): { chosen?: string; warnings: string[] } {
  const candidates = paths.filter((path) => /\.onnx$/i.test(path));
  const atTop = candidates.filter((path) => !path.includes('/'));
  const chosen =
    candidates.length === 1
      ? candidates[0]
      : (candidates.find((path) => path === 'model.onnx') ?? (atTop.length === 1 ? atTop[0] : undefined));
  if (chosen !== undefined) return { chosen, warnings: [] };
  if (candidates.length === 0) return { warnings: [] };
  return {
    warnings: [
      `the folder has ${candidates.length} ONNX files; name the main one with --entry to record its signature`,
    ],
  };
}

function readEntry(
  staged: ReadonlyMap<string, StagedBlob>,
  { contents, hardLinked, digestVersion }: InspectOptions,
  entry: string,
): { model: OnnxModel; warnings: string[] } {
  const blob = staged.get(entry);
  if (blob === undefined)
    throw new MlregError('INTERNAL', `${entry} was not staged`, { hint: 'please report this' });
  const folder = posix.dirname(entry);
  refuseMisplaced(entry, contents?.get(entry), 'an ONNX model');
  try {
    const { model, externalReferences, warnings } = withFile(blob.path, (bytes) =>
      readOnnxModel(bytes, digestVersion),
    );
    for (const { location } of externalReferences) {
      const path = posix.join(folder, location);
      refuseMisplaced(path, contents?.get(path), 'external data');
    }
    const sizes = new Map([...staged].map(([path, { size }]) => [posix.relative(folder, path), size]));
    checkExternalData(externalReferences, sizes);
    refuseHardLinks(
      hardLinked,
      model.externalData.map((location) => posix.join(folder, location)),
    );
    return { model, warnings: warnings.map((warning) => `${quote(entry)}: ${warning}`) };
  } catch (error) {
    if (!(error instanceof MlregError)) throw error;
    throw new MlregError(error.code, `${quote(entry)}: ${error.message}`, {
      hint: error.hint,
      cause: error,
    });
  }
}

/**
 * Through a hard link, a model could include a file that was never part of it; ONNX Runtime follows
 * hard links as well.
 */
function refuseHardLinks(hardLinked: ReadonlySet<string> | undefined, externalPaths: string[]): void {
  const linked = externalPaths.find((path) => hardLinked?.has(path));
  if (linked === undefined) return;
  throw new MlregError('INVALID_INPUT', `its external data ${quote(linked)} has more than one hard link`, {
    hint: 'copy the file into the folder (cp --remove-destination), or allow it with --allow-hard-links: uv, pnpm and others hard-link their own files',
  });
}

function formatOf(path: string): string {
  const extension = posix.extname(path).slice(1).toLowerCase();
  return formats[extension] ?? (/^[a-z0-9_-]{1,16}$/.test(extension) ? extension : 'file');
}
