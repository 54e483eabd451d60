import { MlregError } from '../../../core/errors.ts';
import { parseMetadata } from '../../../core/metadata/metadata.ts';
import { quote } from '../../../core/text/quote.ts';
import {
  maxConfigBytes,
  metadataText,
  readForeignFacts,
  type ForeignFacts,
} from '../../../core/versions/foreign-facts.ts';
import type { Listed } from '../../../core/versions/oci-layout.ts';
import { parseModelName, type ModelName } from '../../../core/versions/reference.ts';
import type { ForeignSource } from '../../../core/versions/source.ts';
import { tryParseVersion } from '../../../core/versions/version.ts';
import type { NumberRequest } from '../../../storage/versions.ts';
import { registerFiles, type CopiedFiles } from '../../register/register.ts';
import type { RegisterResult } from '../../register/register-result.ts';
import { stageFiles } from '../../register/store-version.ts';
import type { OnProgress, Registry } from '../../registry.ts';
import type { LayoutSource } from '../layout/layout-source.ts';
import { checkSize, readBlob } from '../layout/read-blob.ts';
import { checkForeignPath, checkForeignPaths, isLeftOut } from './check-paths.ts';
import { chooseArtifact, tagOf, type FoundArtifact } from './choose-artifact.ts';
import { dataEntries, hashFile, type DataFiles } from './data-sets.ts';
import { layerFiles } from './layer-files.ts';

export interface ForeignInput {
  /** The model's name, if the artifact says none, or another one. */
  name?: ModelName;
  /** Absent: the version that the artifact says, or else the next one. */
  number?: NumberRequest;
  /** Which artifact of the layout: its name or tag in the index, or its digest. */
  select?: string;
  message?: string;
  onProgress?: OnProgress;
}

export interface ForeignResult {
  registered: RegisterResult;
  source: ForeignSource;
}

/**
 * Registers the artifact of another tool as a new version, with what its manifest, config and
 * annotations say about it. Its data sets are not stored, only their hashes. Everything else goes
 * through the same checks as in `register`. INVALID_INPUT for an artifact without a usable name,
 * and as in `layerFiles`.
 */
export async function importArtifact(
  registry: Registry,
  layout: LayoutSource,
  listed: readonly Listed[],
  input: ForeignInput,
): Promise<ForeignResult> {
  const found = await chooseArtifact(layout, listed, input.select);
  const { manifest, digest } = found;
  const facts = await factsOf(layout, found);
  const name = nameOf(found, facts, input.name);
  for (const layer of manifest.layers) checkSize(layout, layer);
  const source = sourceOf(found, facts);
  const dataFiles: DataFiles = new Map();
  const copied = await copyIn(registry, layout, found, dataFiles, input.onProgress);
  try {
    const data = dataEntries(dataFiles, facts);
    const metadata = parseMetadata(metadataText(facts, data), `metadata of the artifact ${digest}`);
    const { message, number } = input;
    const registered = await registerFiles(
      registry,
      {
        name,
        metadata,
        number: number ?? numberOf(found, facts),
        ifExists: 'reuse',
        importedNumber: number === undefined ? 'artifact' : 'user',
        origin: { artifact: source },
        ...(message === undefined ? {} : { message }),
      },
      () => Promise.resolve(copied),
    );
    const told = registered.changed ? data : [];
    const notStored = told.map((one) => `the data set ${quote(one.name)} was not stored, only its hash`);
    return { registered: { ...registered, warnings: [...registered.warnings, ...notStored] }, source };
  } finally {
    await copied.copied.discard();
  }
}

async function factsOf(layout: LayoutSource, { manifest, digest }: FoundArtifact): Promise<ForeignFacts> {
  const { config, kind } = manifest;
  const text = await readBlob(layout, config, maxConfigBytes);
  return readForeignFacts(manifest, kind === 'oci' ? null : text, `the config of ${digest}`);
}

function nameOf({ digest }: FoundArtifact, { name }: ForeignFacts, given: ModelName | undefined): ModelName {
  if (given !== undefined) return given;
  if (name === null) {
    throw new MlregError('INVALID_INPUT', `the artifact ${digest} does not say the name of its model`, {
      hint: 'name it: --name NAME (if mlreg exported it, copy NAME:VERSION_version too, and import both)',
    });
  }
  try {
    return parseModelName(name);
  } catch (cause) {
    throw new MlregError(
      'INVALID_INPUT',
      `the artifact is named ${quote(name)}, which is not a valid model name`,
      {
        hint: 'name it: --name NAME',
        cause,
      },
    );
  }
}

/**
 * The version that it says, or that its only semantic version among its tags is; else the next one.
 */
function numberOf({ names }: FoundArtifact, { version }: ForeignFacts): NumberRequest {
  const said = version === null ? undefined : tryParseVersion(version);
  const tags = new Set(names.map(tagOf).flatMap((tag) => tryParseVersion(tag) ?? []));
  const exact = said ?? (tags.size === 1 ? [...tags][0] : undefined);
  return exact === undefined ? { kind: 'auto' } : { kind: 'exact', version: exact };
}

function sourceOf({ manifest, digest, names }: FoundArtifact, { createdAt }: ForeignFacts): ForeignSource {
  const { kind, artifactType, config, layers } = manifest;
  const [name] = names;
  return {
    system: kind,
    manifest: digest,
    ...(artifactType === null ? {} : { artifactType }),
    config: config.mediaType,
    layers: [...new Set(layers.map(({ mediaType }) => mediaType))].join(', '),
    ...(name === undefined ? {} : { name }),
    ...(createdAt === null ? {} : { createdAt }),
  };
}

async function copyIn(
  registry: Registry,
  layout: LayoutSource,
  { manifest, digest }: FoundArtifact,
  dataFiles: DataFiles,
  onProgress: OnProgress | undefined,
): Promise<CopiedFiles> {
  const total = manifest.layers.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  const count = (bytes: number): void => {
    registry.signal?.throwIfAborted();
    onProgress?.({ done: (done += bytes), total, what: 'importing' });
  };
  const executable = new Set<string>();
  const paths: string[] = [];
  async function* modelFiles() {
    for await (const { path, content, layer, ...file } of layerFiles(layout, manifest.layers, count)) {
      if (layer.isDataset) {
        // As for the hash of a folder.
        if (isLeftOut(path)) continue;
        const files = dataFiles.get(layer) ?? [];
        files.push(await hashFile(path, content));
        dataFiles.set(layer, files);
        continue;
      }
      checkForeignPath(path);
      paths.push(path);
      if (file.executable) executable.add(path);
      yield { path, content };
    }
    checkForeignPaths(paths);
  }
  const copied = await stageFiles(registry, modelFiles());
  const files = copied.artifact.files;
  if (files.length === 0) {
    await copied.discard();
    throw new MlregError('INVALID_INPUT', `the artifact ${digest} has no files; nothing was imported`, {
      hint: 'check the tool that made it',
    });
  }
  const isSingle = files.length === 1 && !(files[0]?.path ?? '').includes('/');
  return { kind: isSingle ? 'file' : 'folder', leftOut: [], hardLinked: new Set(), executable, copied };
}
