import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync } from 'oxc-parser';

/**
 * One import of a source file, types included: `from` is a path below the folder, `to` such a path
 * or a package.
 */
export interface Import {
  from: string;
  to: string;
}

/**
 * All imports and re-exports of the TypeScript files below `folder`, dynamic ones with a literal
 * name included.
 */
export function importsBelow(folder: string): Import[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return files.flatMap((file) => {
    const from = file.replaceAll('\\', '/');
    return named(from, readFileSync(join(folder, file), 'utf8')).map((name) => ({
      from,
      to: name.startsWith('.') ? posix.normalize(posix.join(posix.dirname(from), name)) : packageOf(name),
    }));
  });
}

/** Without the path of a file in the package; Node's own modules have paths in their names. */
function packageOf(name: string): string {
  return name.startsWith('node:') ? name : (/^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
}

function named(file: string, source: string): string[] {
  const { module, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`);
  const literal = /^['"`](?<name>[^'"`]*)['"`]$/;
  return [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => (moduleRequest ? [moduleRequest.value] : [])),
    ),
    ...module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
      const name = literal.exec(source.slice(start, end))?.groups?.['name'];
      return name === undefined ? [] : [name];
    }),
  ];
}

/** The longest listed room that holds `path`; undefined where none does. */
export function roomOf(path: string, rooms: readonly string[]): string | undefined {
  return rooms
    .filter((room) => path === room || path.startsWith(`${room}/`))
    .toSorted((a, b) => b.length - a.length)[0];
}

/**
 * What is wrong with the imports by the table: a line for each room that is not listed and each
 * import that it does not allow.
 */
export function violations(
  imports: readonly Import[],
  table: Readonly<Record<string, readonly string[]>>,
): string[] {
  const names = Object.keys(table);
  const found = imports.flatMap(({ from, to }) => {
    const room = roomOf(from, names);
    if (room === undefined)
      return [
        `${from}: no room of the table holds it; list its room in test/rooms/rooms.ts (ARCHITECTURE.md, "A room")`,
      ];
    const isPath = to.endsWith('.ts');
    const target = to.startsWith('node:') ? 'node:' : isPath ? roomOf(to, names) : to;
    if (target === undefined) return [`${from} imports ${to}: no room of the table holds it`];
    if (target === room || table[room]!.includes(target)) return [];
    return [`${from} imports ${to}: ${room} may not import ${target}`];
  });
  return [...new Set(found)];
}
