import { resolve } from 'node:path';
import type { Metadata, MetadataInput } from '../core/metadata/metadata.ts';
import { parseModelName } from '../core/versions/model-name.ts';
import { findCiRun } from '../defaults/find-ci-run.ts';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { parseStageName } from '../core/events/stage.ts';
import { parseVersion } from '../core/versions/version.ts';
import { hashData } from '../registry/register/data-hash.ts';
import { promotionFailure, register, type RegisterInput } from '../registry/register/register.ts';
import { toLeftOut, type RegisterResult as Result } from '../registry/register/register-result.ts';
import type { OnProgress, Registry } from '../registry/registry.ts';
import type { NumberRequest } from '../storage/versions.ts';
import { asMetadata } from '../api/metadata-value.ts';
import type { Plain } from '../api/plain.ts';
import { filledText, nothingElse, oneOf, optional, text } from './values.ts';

export type RegisterResult = Plain<Result>;

export interface RegisterOptions {
  /** What is known about the model: `metrics`, `params`, `tags`, `description` …, as in a metadata file. */
  metadata?: MetadataInput;
  /** Data files or folders by name: they are hashed, not stored. */
  data?: Record<string, string>;
  /** Version number, instead of the next one. */
  version?: string;
  /** Part of the version to increase. Default `auto`: chosen by what changed in the model. */
  bump?: 'auto' | 'major' | 'minor' | 'patch';
  /** The ONNX file of a folder that has several. */
  entry?: string;
  /** Inputs with expected outputs: a JSON file, or a folder of ONNX tensors. */
  golden?: string;
  /** Follow symbolic links in folders. A link given as the path is always followed. Default: false. */
  followLinks?: boolean;
  /** Allow external data files with several hard links. Default: false. */
  allowHardLinks?: boolean;
  /** Promote the version to this stage after the registration. If that fails, the version stays registered, and the error says so. */
  stage?: string;
  /** If the same bytes with the same metadata already exist: return that version (default), reject `CONFLICT`, or make a new one. */
  ifExists?: 'reuse' | 'fail' | 'new';
  /** Record the git commit of the working folder, and the CI run. Default: true. */
  git?: boolean;
  /** Why, for the history. */
  message?: string;
  onProgress?: OnProgress;
}

export interface RegisterMethods {
  /**
   * Stores a model file, or a folder, as a new version of `name`. When it resolves, the version is durable. Registering the same
   * again resolves with the existing version and `changed: false`.
   *
   * @example
   * const { ref } = await registry.register('digits', 'model.onnx', {
   *   metadata: { metrics: { accuracy: 0.976 }, tags: { team: 'vision' } },
   *   data: { train: 'train.csv' },
   * });
   */
  register(name: string, path: string, options?: RegisterOptions): Promise<RegisterResult>;
}

export function registerMethods(registry: Registry): RegisterMethods {
  return {
    async register(name, path, options = {}) {
      const { metadata, data, version, bump, entry, golden, stage, ...how } = options;
      const { ifExists, git, message, onProgress, followLinks, allowHardLinks, ...rest } = how;
      nothingElse('register', rest);
      const { metadata: whole, hashed } = await complete(registry, metadata ?? {}, data ?? {}, followLinks);
      const result = await register(registry, {
        name: parseModelName(text('name', name)),
        path: resolve(filledText('path', path)),
        number: numberRequest(version, bump),
        ifExists: oneOf('ifExists', ifExists ?? 'reuse', ['reuse', 'fail', 'new']),
        metadata: whole,
        hashed,
        followLinks,
        allowHardLinks,
        golden: optional(golden, (files) => resolve(filledText('golden', files))),
        stage: optional(stage, (word) => parseStageName(text('stage', word))),
        entry: optional(entry, (file) => text('entry', file)),
        ...(git === false ? {} : { gitFolder: process.cwd(), ciRun: findCiRun(process.env) }),
        message: optional(message, (why) => text('message', why)),
        onProgress,
      });
      const problem = promotionFailure(result);
      if (problem !== undefined) throw problem;
      return result;
    },
  };
}

function numberRequest(version: string | undefined, bump: RegisterOptions['bump']): NumberRequest {
  if (version !== undefined && bump !== undefined)
    throw new MlregError('INVALID_INPUT', 'version and bump cannot be used together', {
      hint: 'omit one of them',
    });
  if (version !== undefined) return { kind: 'exact', version: parseVersion(text('version', version)) };
  const level = oneOf('bump', bump ?? 'auto', ['auto', 'major', 'minor', 'patch']);
  return level === 'auto' ? { kind: 'auto' } : { kind: 'bump', level };
}

/** The metadata with the hashes of the data files. */
async function complete(
  registry: Registry,
  given: MetadataInput,
  data: Record<string, string>,
  followLinks: boolean | undefined,
): Promise<{ metadata: Metadata; hashed: NonNullable<RegisterInput['hashed']> }> {
  const metadata = asMetadata(given);
  const hashed: NonNullable<RegisterInput['hashed']> = { leftOut: [], warnings: [] };
  const entries = new Map(metadata.data?.map((entry) => [entry.name, entry]));
  for (const [name, path] of Object.entries(data)) {
    const location = resolve(filledText(`the path of data ${quote(name)}`, path));
    const found = await hashData(location, { followLinks, signal: registry.signal });
    const { hash, size } = found;
    entries.set(name, { ...entries.get(name), name, hash, size });
    hashed.leftOut.push(...toLeftOut(`data ${name}`, found.leftOut));
    hashed.warnings.push(...found.warnings.map((warning) => `data ${quote(name)}: ${warning}`));
  }
  return { metadata: asMetadata({ ...metadata, data: [...entries.values()] }), hashed };
}
