/** Options that the methods of several verbs share. */

export interface ChangeOptions {
  /** Why, for the history. */
  message?: string;
}
