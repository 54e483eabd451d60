export interface ServiceOutcome {
  /** False: nothing could be run here; `skipped` says why. */
  ran: boolean;
  ok: boolean;
  /** What was left out, each with its reason: `libonnx-testdata: apt-get is not there`. */
  skipped: string[];
}

/** Runs one service's tests and prints what they found. `cache` is a folder that stays. */
export type Service = (cache: string) => Promise<ServiceOutcome>;
