import type { Plugin } from 'esbuild';
import { readFileSync } from 'node:fs';

/** Commands that only look, and their aliases, as the launcher names them. */
const looking = new Set(
  /const looking = new Set\(\[([^\]]*)\]\)/.exec(readFileSync('bin/mlreg.js', 'utf8'))?.[1]?.match(/[a-z]+/g),
);
if (looking.size === 0) throw new Error('bin/mlreg.js names no commands that only look');

/** Of storage, what only those need that write, check or diagnose. */
const ofWriters = new RegExp(
  `/(?:${[
    'check-(?:rows|registry|versions|stages|benches)',
    'register-version|import-versions|version-changes',
    'needed-blobs|collections|snapshot',
    'diagnose-(?:files|sqlite)|probe-folder|count-files',
    'draft-home|make-folders',
    'stage-blob|publish-blob|repair-blob|take-out|tidy',
  ].join('|')})\\.ts$`,
);

/** Leaves out what commands that only look never use: the other commands, the bench that promotions ask, and what writes. */
export const onlyLooking: Plugin = {
  name: 'only-looking',
  setup(bundler) {
    bundler.onResolve({ filter: /\/(?:commands|completion|bench)\/[a-z-]+\.ts$/ }, ({ path, kind }) => {
      const name = /([a-z-]+)\.ts$/.exec(path)?.[1] ?? '';
      const wanted = kind !== 'dynamic-import' || (path.includes('/commands/') && looking.has(name));
      return wanted ? undefined : { path, namespace: 'left-out' };
    });
    bundler.onResolve({ filter: ofWriters }, ({ path }) => ({ path, namespace: 'left-out' }));
    // Whoever uses a member of it all the same is told which.
    bundler.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `module.exports = new Proxy({}, { get: (_, name) => { throw new Error(${JSON.stringify(path)} + ' with ' + String(name) + ' is not in the bundle of commands that only look'); } });`,
    }));
  },
};
