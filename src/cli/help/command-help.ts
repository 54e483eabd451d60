/** The exit codes that a command may explain; 1 and those of signals are the same for all. */
export type ExplainedCode = 0 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

/**
 * The parts of a command's help page that its arguments and flags do not provide. Plain text, which
 * is wrapped.
 */
export interface CommandHelp {
  /**
   * What an example does, and the command. test/e2e/help-examples.test.ts runs every example, and
   * says what it runs on.
   */
  examples: [does: string, command: string][];
  /** What `--quiet` prints, for scripts. The fields of `--json` come from the schema. */
  output: string;
  /** The exit codes of this command, and what they mean here. 2 has a default meaning. */
  exitCodes: Partial<Record<ExplainedCode, string>>;
  /** Commands and topics, such as `rollback` and `references`. */
  seeAlso: string[];
  /** The pages of its subcommands, by name. */
  commands?: Record<string, CommandHelp>;
}

/** Exit codes of every command that opens a registry; a command adds its own 0, 3, 4 and 5. */
export const registryCodes = {
  6: 'the registry is damaged: see mlreg verify',
  7: 'the registry was locked for longer than --wait; safe to retry',
  8: 'disk full, read-only, or an I/O error',
} as const;
