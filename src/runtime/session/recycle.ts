/** When the process of a model has served long enough. */
export interface RecycleLimits {
  /** After so many answers. */
  answers?: number | undefined;
  /** Above so many resident bytes. */
  bytes?: number | undefined;
  /**
   * Milliseconds before a process is replaced for its bytes: a limit below what the model needs would
   * replace it again and again. Default: 10 s.
   */
  leastLifeMs?: number | undefined;
}

/** What is counted of one process after another. */
export interface RecycleClock {
  /** A process takes over. */
  begin(): void;
  /** Counts an answer; whether it is time. */
  answered(): boolean;
  /** Whether the process has grown too large; null: unknown. */
  grown(bytes: number | null): boolean;
}

export function recycleClock({
  answers = Infinity,
  bytes = Infinity,
  leastLifeMs = 10_000,
}: RecycleLimits): RecycleClock {
  let count = 0;
  let began = performance.now();
  return {
    begin() {
      count = 0;
      began = performance.now();
    },
    answered: () => ++count >= answers,
    grown: (resident) => resident !== null && resident > bytes && performance.now() - began >= leastLifeMs,
  };
}
