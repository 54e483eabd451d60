/** What happened to the version of a slot that follows a stage. */
export type SlotNews = {
  /** The model. */
  name: string;
  stage: string | null;
  /** The version that answered until now; null: none did. */
  from: string | null;
} & (
  | { kind: 'swapped'; to: string; ms: number }
  /** The stage has no holder any more. */
  | { kind: 'emptied'; to: null; ms: number }
  /**
   * The stage's version cannot be served, and `from` goes on. `again`: it is tried again by itself.
   */
  | { kind: 'rejected'; to: string; message: string; again: boolean }
);
