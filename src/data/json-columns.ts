import { mostColumns } from './delimited-header.ts';
import { walkJson } from './walk-json.ts';

/** Where a value is in a record: keys of objects and places in lists. */
export type JsonPath = readonly (string | number)[];

/** A place in records that has values: `column` if it is one, and what is below it. */
export interface JsonNode {
  column: number;
  keys: Map<string, JsonNode>;
  items: (JsonNode | undefined)[];
}

export function jsonNode(): JsonNode {
  return { column: -1, keys: new Map(), items: [] };
}

/** All paths as one tree; the column of each is its position. */
export function jsonTree(paths: readonly JsonPath[]): JsonNode {
  const root = jsonNode();
  for (const [column, path] of paths.entries()) {
    let at = root;
    for (const step of path) {
      const next = (typeof step === 'number' ? at.items[step] : at.keys.get(step)) ?? jsonNode();
      if (typeof step === 'number') at.items[step] = next;
      else at.keys.set(step, next);
      at = next;
    }
    at.column = column;
  }
  return root;
}

/** The name of a column: `age`, `address.city`, `pixels[3]`. */
export function jsonName(path: JsonPath): string {
  return path
    .map((step, at) => (typeof step === 'number' ? `[${step}]` : at === 0 ? step : `.${step}`))
    .join('');
}

/** The names that a record has itself: those of its columns, and of the objects and lists they are in. */
export function memberNames(paths: readonly JsonPath[]): string[] {
  return [...new Set(paths.map(([first = '']) => String(first)))];
}

const rowsRead = 200;
const [lineFeed] = [10];

/**
 * The columns of a table in JSON lines: the values in its first records, in the order in which they
 * appear. Records that are not JSON are left to the scanner.
 */
export function findJsonColumns(bytes: Buffer, end: number): { paths: JsonPath[]; text: Set<number> } {
  const known = new Map<string, number>();
  const paths: JsonPath[] = [];
  const numbers: number[] = [];
  let at = 0;
  for (let row = 0; row < rowsRead && at < end; row++) {
    const newline = bytes.indexOf(lineFeed, at);
    const stop = newline === -1 || newline > end ? end : newline;
    try {
      walkJson(bytes, at, stop, (path, kind) => {
        const key = JSON.stringify(path);
        let column = known.get(key);
        if (column === undefined && paths.length < mostColumns) {
          known.set(key, (column = paths.length));
          paths.push([...path]);
          numbers.push(0);
        }
        if (column !== undefined) numbers[column]! += kind === 'number' ? 1 : kind === 'string' ? -1 : 0;
      });
    } catch {
      // Reported by the scanner, with its line.
    }
    at = stop + 1;
  }
  return { paths, text: new Set(paths.flatMap((_, column) => (numbers[column]! < 0 ? [column] : []))) };
}
