import * as z from 'zod';
import type { MlregError } from '../../../core/errors.ts';
import type { Metadata, MetadataInput } from '../../../core/metadata/metadata.ts';
import { quote } from '../../../core/text/quote.ts';
import { findCiRun } from '../../../defaults/find-ci-run.ts';
import { hashData, refuseUri } from '../../../registry/register/data-hash.ts';
import { toLeftOut, type RegisterResult as Result } from '../../../registry/register/register-result.ts';
import { parseReference } from '../../../core/versions/reference.ts';
import { promotionFailure, register, type RegisterInput } from '../../../registry/register/register.ts';
import { resolve } from '../../../registry/resolve.ts';
import type { OnProgress, Registry } from '../../../registry/registry.ts';
import { hookFailure } from '../../../registry/stages/move-stage.ts';
import { artifactFile, format, signature } from '../../../schemas/artifact.ts';
import { byteCount, count, digest, exactVersion, reference, uuid } from '../../../schemas/kinds.ts';
import { dataEntries } from '../../../schemas/metadata.ts';
import { moveFields } from '../../../schemas/move.ts';
import { numbering, source } from '../../../schemas/registration.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import { asMetadata } from '../../metadata-value.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { hashData, toLeftOut };

export type RegisterResult = Plain<Result>;

export interface RegisterOptions {
  /**
   * What is known about the model: `metrics`, `params`, `tags`, `description` …, as in a metadata
   * file.
   */
  metadata?: MetadataInput;
  /** Data files or folders by name: they are hashed, not stored. */
  data?: Record<string, string>;
  /** Version number, instead of the next one. */
  version?: string;
  /** Part of the version to increase. Default `auto`: chosen by what changed in the model. */
  bump?: 'auto' | 'major' | 'minor' | 'patch';
  /** The ONNX file of a folder that has several. */
  entry?: string;
  /** Inputs with expected outputs: a JSON or .npz file, or a folder of ONNX tensors. */
  golden?: string;
  /**
   * Follow symbolic links in folders. A link given as the path is always followed. Default: false.
   */
  followLinks?: boolean;
  /** Allow external data files with several hard links. Default: false. */
  allowHardLinks?: boolean;
  /**
   * Promote the version to this stage after the registration. If that fails, the version stays
   * registered, and the error says so.
   */
  stage?: string;
  /**
   * If the same bytes with the same metadata already exist: return that version (default), reject
   * `CONFLICT`, or make a new one.
   */
  ifExists?: 'reuse' | 'fail' | 'new';
  /**
   * Profile the data, the one named `train` of several, and store the profile with the version.
   * `redact`: columns of which no value is kept.
   */
  profile?: boolean | { redact: readonly string[] };
  /** Record the git commit of the working folder, and the CI run. Default: true. */
  git?: boolean;
  /** Why, for the history. */
  message?: string;
  onProgress?: OnProgress;
}

/** @internal */
export const registerVerb = /* @__PURE__ */ defineVerb({
  name: 'register',
  input: () =>
    z
      .strictObject({
        name: given.modelName,
        path: given.path,
        metadata: z.custom<MetadataInput>().optional(),
        data: z.custom<Record<string, string>>().optional(),
        version: given.version.optional(),
        bump: given.oneOf(['auto', 'major', 'minor', 'patch']).optional(),
        entry: given.text.optional(),
        golden: given.path.optional(),
        followLinks: given.flag,
        allowHardLinks: given.flag,
        stage: given.stageName.optional(),
        ifExists: given.oneOf(['reuse', 'fail', 'new']).default('reuse'),
        profile: z
          .union([z.boolean(), z.strictObject({ redact: z.array(given.text).readonly() })], {
            error: 'true, false or { redact }',
          })
          .optional(),
        git: given.flag,
        message: given.message,
        onProgress: given.callback<OnProgress>(),
      })
      .transform(({ version: exact, bump, ...rest }) => {
        const { number = { kind: 'auto' } } = given.readNumber(exact, bump);
        return { ...rest, number };
      }),
  output: () =>
    changing('register', {
      ...exactVersion,
      size: byteCount,
      files: z.array(artifactFile),
      format,
      ...numbering,
      signature: signature.nullable().describe('null: not an ONNX model, or unknown entry file'),
      data: dataEntries,
      source,
      parents: z.array(reference),
      golden: z
        .strictObject({ digest, files: count })
        .nullable()
        .describe('Golden set stored with it; null: none'),
      leftOut: z
        .array(
          z.strictObject({
            of: z.string().describe('model, or data and its name'),
            count: count.describe('A folder counts as one'),
            paths: z.array(z.string()).describe('The first 20, relative to the folder'),
          }),
        )
        .describe('Skipped: .git, .DS_Store, __pycache__, and files matched by .mlregignore'),
      scan: z.null(),
      promotion: z.strictObject(moveFields).optional().describe('With --stage: the promotion'),
      profile: z
        .strictObject({
          id: uuid,
          rows: count,
          columns: count,
          outputs: count.nullable().describe('Columns of its answers; null: it could not be run'),
          error: z.number().describe('How far shares of rows can be off; 0: exact'),
          changed: z.boolean().describe('False: it was stored before'),
        })
        .optional()
        .describe('With --profile: the stored profile of its data'),
    }),
  run: async (registry, { metadata, data = {}, git, profile = false, ...rest }) =>
    registerProfiled(
      registry,
      {
        ...rest,
        ...(await complete(registry, metadata ?? {}, data, rest.followLinks)),
        ...(git === false ? {} : { gitFolder: process.cwd(), ciRun: findCiRun(process.env) }),
      },
      profile === false
        ? null
        : {
            files: new Map(
              Object.entries(data).map(([name, path]) => [name, given.filledPath('data', path)]),
            ),
            redact: new Set(profile === true ? [] : profile.redact),
          },
    ),
  failure: (result) => registrationProblem(result, {}),
});

/**
 * Registers a version, and stores the profile of its data with it; the data is read before anything
 * is registered. Null: no profile. @internal
 */
export async function registerProfiled(
  registry: Registry,
  input: RegisterInput,
  data: { files: ReadonlyMap<string, string>; redact: ReadonlySet<string> } | null,
): Promise<Result> {
  if (data === null) return register(registry, input);
  const { chooseData, profileBefore } = await import('../../../profile/registered-profile.ts');
  const { name, path } = chooseData(data.files);
  const hash = input.metadata.data?.find((entry) => entry.name === name)?.hash;
  const store = await profileBefore(registry, { path, hash, redact: data.redact });
  const result = await register(registry, input);
  const { profile, warnings } = await store(await resolve(registry, parseReference(result.ref)));
  return { ...result, profile, warnings: [...result.warnings, ...warnings] };
}

/** The error of the promotion that followed; on request, HOOK_FAILED. @internal */
export function registrationProblem(
  result: Result,
  { failOnHook }: { failOnHook?: boolean | undefined },
): MlregError | undefined {
  const { promotion } = result;
  return (
    promotionFailure(result) ??
    (failOnHook === true && promotion !== undefined ? hookFailure(promotion) : undefined)
  );
}

/** The metadata with the hashes of the data files. */
async function complete(
  registry: Registry,
  about: MetadataInput,
  data: Record<string, string>,
  followLinks: boolean | undefined,
): Promise<{ metadata: Metadata; hashed: NonNullable<RegisterInput['hashed']> }> {
  const metadata = asMetadata(about);
  const hashed: NonNullable<RegisterInput['hashed']> = { leftOut: [], warnings: [] };
  const entries = new Map(metadata.data?.map((entry) => [entry.name, entry]));
  for (const [name, path] of Object.entries(data)) {
    const what = `the path of data ${quote(name)}`;
    if (typeof path === 'string') refuseUri(path, what, `metadata: { data: [{ name, uri }] }`);
    const location = given.filledPath(what, path);
    const found = await hashData(location, { followLinks, signal: registry.signal });
    const { hash, size } = found;
    entries.set(name, { ...entries.get(name), name, hash, size });
    hashed.leftOut.push(...toLeftOut(`data ${name}`, found.leftOut));
    hashed.warnings.push(...found.warnings.map((warning) => `data ${quote(name)}: ${warning}`));
  }
  return { metadata: asMetadata({ ...metadata, data: [...entries.values()] }), hashed };
}

export interface RegisterMethods {
  /**
   * Stores a model file, or a folder, as a new version of `name`. When it resolves, the version is
   * durable. Registering the same again resolves with the existing version and `changed: false`.
   *
   * @example
   * const { ref } = await registry.register('digits', 'model.onnx', {
   *   metadata: { metrics: { accuracy: 0.976 }, tags: { team: 'vision' } },
   *   data: { train: 'train.csv' },
   * });
   */
  register(name: string, path: string, options?: RegisterOptions): Promise<RegisterResult>;
}

/** @internal */
export const registerMethods = (call: Call): RegisterMethods => ({
  register: (name, path, options) => call(registerVerb, { name, path }, options),
});
