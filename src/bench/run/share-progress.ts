import type { BenchProgress } from '../report/result.ts';

type Told = { onProgress?: ((progress: BenchProgress) => void) | undefined };

/** How much of the whole is over when the profile begins. */
export const beforeProfile = 0.9;

/** `input`, telling that much less where a profile is still to come: 1 is said once, at the end of all. */
export function leaveRoomForProfile<Input extends Told>(input: Input, profile: boolean): Input {
  const { onProgress } = input;
  if (!profile || onProgress === undefined) return input;
  return {
    ...input,
    onProgress: (progress: BenchProgress) =>
      onProgress({ ...progress, fraction: beforeProfile * progress.fraction }),
  };
}

/**
 * How much of a comparison is done in look `look`, from 1, of `looks`, when `done` of that one is. The second look makes as many runs as
 * the first, the third as many as both.
 */
export function shareOfLooks(look: number, looks: number, done: number): number {
  const runs = (upTo: number): number => (upTo === 0 ? 0 : 2 ** (upTo - 1));
  return (runs(look - 1) + done * (runs(look) - runs(look - 1))) / runs(looks);
}
