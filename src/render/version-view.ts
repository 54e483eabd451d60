import type { Json } from '../api/verb.ts';
import type { versionOutput } from '../api/verbs/maintain/version.ts';
import { viewOf } from './view.ts';

type Versions = Json<typeof versionOutput>;

/** The number alone, as `mlreg --version` prints it; the rest is for scripts and bug reports. */
export const versionView = viewOf<Versions, Versions>()({
  json: (versions) => ({ ...versions }),
  text: ({ version }) => version,
  plain: ({ version }) => [[version]],
  quiet: ({ version }) => [version],
});
