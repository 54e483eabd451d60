/**
 * What to tell a pipe of a list that goes on: a script that takes the first page for the whole of it is wrong without a word. Who gave a
 * limit knows that there is one.
 */
export function noteIfCut(limit: number | undefined, shown: number, nextPage: string | null): string[] {
  if (limit !== undefined || nextPage === null) return [];
  return [`showing ${shown}; for more use --page '${nextPage}' or a higher --limit`];
}
