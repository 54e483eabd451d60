import { resolve } from 'node:path';
import * as z from 'zod';
import { type AskedType, askedTypes } from '../../../profile/column-state.ts';
import { profileData } from '../../../profile/profile-data.ts';
import type { ProfileResult as Profiled } from '../../../profile/profile-result.ts';
import { count, reference, uuid } from '../../../schemas/kinds.ts';
import { profileSummary } from '../../../schemas/profile.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { Plain } from '../../plain.ts';
import { readTable, tableFields, type TableOptions } from '../../table.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { profileData };

export type ProfileResult = Plain<Profiled>;

export interface ProfileOptions extends Omit<TableOptions, 'reject' | 'maxRejects'> {
  /** The version that the data is of: it is run on the data, and the profile is stored with it. */
  model?: string;
  /** Store the profile with the version. Default: true. */
  save?: boolean;
  /** Types by the names of columns, instead of guesses. `ignore` leaves a column out. */
  types?: Readonly<Record<string, AskedType>>;
  /** Columns of which no value is kept. */
  redact?: readonly string[];
  /** A new file for the profile, with its order statistics. */
  output?: string;
}

/** @internal */
export const profileVerb = /* @__PURE__ */ defineVerb({
  name: 'profile',
  input: () =>
    z
      .strictObject({
        ...fieldsOfTable(),
        data: z.union([given.filledText, z.strictObject({ merge: z.array(given.path).min(1).readonly() })], {
          error: 'a file, or { merge } with files of profiles',
        }),
        model: given.reference.optional(),
        save: given.flag,
        types: z.record(z.string(), given.oneOf(askedTypes)).optional(),
        redact: z.array(given.text, { error: 'a list of columns' }).readonly().optional(),
        output: given.path.optional(),
      })
      .transform(({ data, model, save, types, redact, output, ...rest }) => {
        const { force, ...table } = readTable(typeof data === 'string' ? data : '', rest);
        return {
          of: typeof data === 'string' ? table : { merge: data.merge.map((file) => resolve(file)) },
          ref: model ?? null,
          save: save !== false,
          types: new Map(Object.entries(types ?? {})),
          redact: new Set(redact),
          output: output ?? null,
          force,
        };
      }),
  output: () =>
    changing('profile', {
      ref: reference.nullable().describe('Version that it is of; null: none'),
      ...profileSummary,
      output: z.string().nullable().describe('File with the profile; null: none'),
      saved: z.strictObject({ id: uuid, event: count }).nullable().describe('null: not stored'),
    }),
  run: (registry, input) => profileData(registry, input, registry.signal),
});

/** A profile is of all rows: none is set aside. */
function fieldsOfTable() {
  const { reject: _reject, maxRejects: _maxRejects, ...fields } = tableFields();
  return fields;
}

export interface ProfileMethods {
  /**
   * Profiles the columns of a table, or merges profiles of parts of it. With `model`, it also profiles
   * what the version answers, and stores the profile with it.
   *
   * @example
   * const { columns } = await registry.profile('train.csv', { model: 'digits@1.1.0' });
   */
  profile(data: string | { merge: readonly string[] }, options?: ProfileOptions): Promise<ProfileResult>;
}

/** @internal */
export const profileMethods = (call: Call): ProfileMethods => ({
  profile: (data, options) => call(profileVerb, { data }, options),
});
