/**
 * The CI run that registered a version, from the variables of the CI system. Unknown members are
 * absent.
 */
export interface CiRun {
  /** `github`, `gitlab`, `jenkins` … */
  system: string;
  url?: string;
  repository?: string;
  branch?: string;
  pullRequest?: string;
}

/** The artifact of another tool that a version was imported from. */
export interface ForeignSource {
  /** `modelpack`, `kitops` or `oci`. */
  system: string;
  /** Digest of its manifest. */
  manifest: string;
  artifactType?: string;
  /** Media type of its config. */
  config: string;
  /** Media types of its layers, each once. */
  layers: string;
  /** Its name in the index of the layout. */
  name?: string;
  createdAt?: string;
}

type Scalar = string | number | boolean | null;

/**
 * Facts found at registration, overridden by the source in the metadata. From git, `commit` and
 * `dirty`: whether there were uncommitted changes, null if git could not tell. From CI, `ci`; from
 * an import, `artifact`.
 */
export type Source = Record<string, Scalar | CiRun | ForeignSource>;

/** Flattened to one level: `ci.url` and so on, for texts. */
export function sourceFacts(source: Source): Record<string, Scalar> {
  return Object.fromEntries(
    Object.entries(source).flatMap(([key, value]): [string, Scalar][] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).map(([name, text]): [string, Scalar] => [`${key}.${name}`, String(text)])
        : [[key, value]],
    ),
  );
}
