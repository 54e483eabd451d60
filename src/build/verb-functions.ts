import type { Metafile, Plugin } from 'esbuild';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const exported = /^export (?:async )?function\*? (\w+)|^export \{([\w,\s]+)\}/gm;

/**
 * Gives commands the functions of a verb's file without its declaration and the schemas in it: a
 * command parses its own flags. A plain import() would include everything that the file exports.
 */
export const verbFunctions: Plugin = {
  name: 'verb-functions',
  setup(bundler) {
    bundler.onResolve({ filter: /\/api\/verbs\/[a-z]+\/[a-z-]+\.ts$/ }, ({ path, kind, resolveDir }) =>
      kind === 'dynamic-import' ? { path: join(resolveDir, path), namespace: 'verb-functions' } : undefined,
    );
    bundler.onLoad({ filter: /.*/, namespace: 'verb-functions' }, ({ path }) => {
      const matches = readFileSync(path, 'utf8').matchAll(exported);
      const names = [...matches].flatMap(([, one, several = '']) => one ?? several.match(/\w+/g) ?? []);
      return { contents: `export { ${names.join(', ')} } from ${JSON.stringify(path)};`, resolveDir: '/' };
    });
  },
};

/** Throws if a bundle of the command contains a verb's schema. */
export function refuseDeclarations({ outputs }: Metafile): void {
  for (const [file, { inputs }] of Object.entries(outputs))
    for (const [input, { bytesInOutput }] of Object.entries(inputs))
      if (bytesInOutput > 0 && /^src\/(?:schemas\/|api\/given\.ts)/.test(input))
        throw new Error(`${file} holds ${input}: mark what uses it as pure`);
}
