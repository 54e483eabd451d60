/**
 * The CI run that registered a version, as its variables said it. A member that is not known is
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

type Scalar = string | number | boolean | null;

/**
 * Facts found at registration, and what the metadata says of the source, which goes first. Of git,
 * `commit` and `dirty`: whether files were changed and not committed, null where git could not
 * tell. Of CI, `ci`.
 */
export type Source = Record<string, Scalar | CiRun>;

/** One level: `ci.url` and so on, for texts. */
export function sourceFacts(source: Source): Record<string, Scalar> {
  return Object.fromEntries(
    Object.entries(source).flatMap(([key, value]): [string, Scalar][] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).map(([name, text]): [string, Scalar] => [`${key}.${name}`, String(text)])
        : [[key, value]],
    ),
  );
}
