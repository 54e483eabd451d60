/** The program in a help text that begins with `first`: the indented lines from there, without the indent. */
export function programIn(text: string, first: string): string {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.startsWith(`  ${first}`));
  const rest = lines.slice(Math.max(0, from));
  const end = rest.findIndex((line) => line !== '' && !line.startsWith('  '));
  return `${rest
    .slice(0, end === -1 ? undefined : end)
    .map((line) => line.slice(2))
    .join('\n')
    .trimEnd()}\n`;
}
