import type { ServedVersion } from '../../served.ts';
import type { ServedModels } from '../../slots/served-models.ts';

/** One way to name a version in paths, and what answers there now. */
export interface Address {
  /** `digits`, or `digits/versions/production` */
  path: string;
  served: ServedVersion;
}

/** Every address that has a version now: of a model, and of its versions and stages. */
export function addressesOf(models: ServedModels): Address[] {
  return models.names().flatMap((name) => {
    const ways = [...models.stages(name), ...models.versions(name).map(({ version }) => version)];
    return [undefined, ...new Set(ways)].flatMap((version) => {
      const served = models.find(name, version);
      const path = version === undefined ? name : `${name}/versions/${version}`;
      return served === undefined ? [] : [{ path, served }];
    });
  });
}
