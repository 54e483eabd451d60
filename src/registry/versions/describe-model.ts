import { MlregError } from '../../core/errors.ts';
import { checkModelFacts, type ModelFacts } from '../../core/versions/model-facts.ts';
import type { ModelName } from '../../core/versions/reference.ts';
import { authorship, type Registry } from '../registry.ts';
import { requireModel } from '../resolve.ts';

export interface DescribeModelInput {
  name: ModelName;
  /** An empty text removes it. */
  description?: string | undefined;
  /** One line; an empty text removes it. */
  owner?: string | undefined;
  message?: string | undefined;
}

export interface DescribeModelResult extends ModelFacts {
  name: ModelName;
  changed: boolean;
}

/** Sets the description or the owner of a model. The history keeps every value. */
export async function describeModel(
  registry: Registry,
  { name, description, owner, message }: DescribeModelInput,
): Promise<DescribeModelResult> {
  if (description === undefined && owner === undefined) {
    throw new MlregError('USAGE', 'no description or owner given', {
      hint: `mlreg describe ${name} "what the model is for" --owner WHO`,
    });
  }
  const facts = {
    ...(description === undefined ? {} : { description }),
    ...(owner === undefined ? {} : { owner }),
  };
  checkModelFacts(facts);
  await requireModel(registry, name);
  const done = await registry.metadata.describeModel({ name, facts, ...authorship(registry, message) });
  return { name, changed: done.changed, ...done.facts };
}
