import type { Call } from './call.ts';
import { deleteMethods, deleteVerb, type DeleteMethods } from './verbs/delete.ts';
import { describeMethods, describeVerb, type DescribeMethods } from './verbs/describe.ts';
import { tagMethods, tagVerb, type TagMethods } from './verbs/tag.ts';
import { unyankVerb, yankMethods, yankVerb, type YankMethods } from './verbs/yank.ts';

/** Every verb, in the order of the published schema. @internal */
export const verbs = [tagVerb, describeVerb, yankVerb, unyankVerb, deleteVerb] as const;

/** The methods of an open registry. */
export interface VerbMethods extends TagMethods, DescribeMethods, YankMethods, DeleteMethods {}

/** @internal */
export function verbMethods(call: Call): VerbMethods {
  return { ...tagMethods(call), ...describeMethods(call), ...yankMethods(call), ...deleteMethods(call) };
}
