/** How much memory the bodies of all requests may take together. */
export interface BodyBudget {
  /** False: it is used up. Else these bytes count until they are given back. */
  take: (bytes: number) => boolean;
  give: (bytes: number) => void;
}

export function openBudget(most: number): BodyBudget {
  let held = 0;
  return {
    take(bytes) {
      if (held + bytes > most) return false;
      held += bytes;
      return true;
    },
    give: (bytes) => void (held -= bytes),
  };
}

/** Enough for a few of the largest bodies, and for many usual ones. */
export function usualBudget(maxBodyBytes: number): number {
  return Math.max(4 * maxBodyBytes, 256_000_000);
}
