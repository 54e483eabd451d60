import { Refusal, shown } from '../engine/refusal.ts';
import type { ServedVersion } from '../served.ts';
import type { Named } from './route.ts';

/**
 * The version that a request names. Refused with 404 if it is not served, and with 503 for a stage that
 * is empty now.
 */
export function requireVersion({ front: { models }, model, version }: Named): ServedVersion {
  const found = models.find(model, version);
  if (found !== undefined) return found;
  if (!models.has(model))
    throw new Refusal(
      404,
      `no model ${shown(model)} is served here; there are: ${models.names().join(', ')}`,
    );
  if (version === undefined || models.stages(model).includes(version))
    throw new Refusal(503, `${model} has no version to answer at the moment: its stage is empty, or loading`);
  const there = [...models.versions(model).map((one) => one.version), ...models.stages(model)];
  throw new Refusal(
    404,
    `no version ${shown(version)} of ${model} is served here; there are: ${there.join(', ')}`,
  );
}
