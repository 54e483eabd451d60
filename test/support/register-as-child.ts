/**
 * Registers, or makes a registry, in a process of its own:
 *
 *     node register-as-child.ts init|open HOME NAME PATH…
 *
 * Prints one line for each path: the reference, or the code and message of the error. Without paths
 * it prints whether the registry was made.
 */
import { isMlregError } from '../../src/core/errors.ts';
import { parseModelName } from '../../src/core/versions/reference.ts';
import { createRegistry, openRegistry } from '../../src/open-registry.ts';
import { register } from '../../src/registry/register/register.ts';

const [, , how = '', home = '', name = 'digits', ...paths] = process.argv;
const options = { actor: `child ${process.pid}`, waitMs: 60_000, now: Date.now };
try {
  const { registry, changed } =
    how === 'init'
      ? await createRegistry(home, options)
      : { registry: await openRegistry(home, options), changed: false };
  try {
    if (paths.length === 0)
      console.log(`${changed ? 'made' : 'found'} ${(await registry.metadata.registry()).id}`);
    for (const path of paths) {
      const { ref } = await register(registry, {
        name: parseModelName(name),
        path,
        number: { kind: 'auto' },
        metadata: {},
        ifExists: 'reuse',
      });
      console.log(ref);
    }
  } finally {
    await registry.close();
  }
} catch (error) {
  if (!isMlregError(error)) throw error;
  console.log(`${error.code} ${error.message}`);
  process.exitCode = 1;
}
