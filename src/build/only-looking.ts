import type { Plugin } from 'esbuild';
import { readFileSync } from 'node:fs';

/** Commands that only look, and their aliases, as the launcher names them. */
const looking = new Set(
  /const looking = new Set\(\[([^\]]*)\]\)/.exec(readFileSync('bin/mlreg.js', 'utf8'))?.[1]?.match(/[a-z]+/g),
);
if (looking.size === 0) throw new Error('bin/mlreg.js names no commands that only look');

/** Leaves out what commands that only look never load: the other commands, and the bench that promotions ask. */
export const onlyLooking: Plugin = {
  name: 'only-looking',
  setup(bundler) {
    bundler.onResolve({ filter: /\/(?:commands|completion|bench)\/[a-z-]+\.ts$/ }, ({ path, kind }) => {
      const name = /([a-z-]+)\.ts$/.exec(path)?.[1] ?? '';
      const wanted = kind !== 'dynamic-import' || (path.includes('/commands/') && looking.has(name));
      return wanted ? undefined : { path, namespace: 'left-out' };
    });
    bundler.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} is not in the bundle of commands that only look`)});`,
    }));
  },
};
