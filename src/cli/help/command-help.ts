/** The exit codes that a command may explain; 1 and those of signals are the same for all. */
export type ExplainedCode = 0 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

/**
 * What a command's help page says beyond the arguments and flags that the command declares. Plain
 * text, which is wrapped.
 */
export interface CommandHelp {
  /**
   * What is done, and what to type for it. test/e2e/help-examples.test.ts runs every one, and says
   * on what.
   */
  examples: [does: string, command: string][];
  /**
   * What scripts read beside the fields of `--json`, which the schema gives: what `--quiet` prints.
   */
  output: string;
  /**
   * Those that this command can end with, and what they mean here. 2 has a meaning of its own if
   * none is given.
   */
  exitCodes: Partial<Record<ExplainedCode, string>>;
  /** Commands and topics, such as `rollback` and `references`. */
  seeAlso: string[];
  /** The pages of its subcommands, by name. */
  commands?: Record<string, CommandHelp>;
}

/** What every command that opens a registry can end with; a command adds its own 0, 3, 4 and 5. */
export const registryCodes = {
  6: 'the registry is damaged: see mlreg verify',
  7: 'the registry was locked for longer than --wait; safe to retry',
  8: 'disk full, read-only, or an I/O error',
} as const;
