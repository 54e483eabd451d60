/**
 * Registers files, one after another and again and again, and deletes each version but the last of
 * every path, in a process of its own:
 *
 *     node register-and-delete.ts HOME NAME TIMES PATH…
 *
 * After each registration every byte of the version must be there.
 */
import { parseModelName, parseExplicitReference } from '../../src/core/versions/reference.ts';
import { openRegistry } from '../../src/open-registry.ts';
import { checkBytes } from '../../src/registry/check-bytes.ts';
import { deleteVersion } from '../../src/registry/versions/delete-version.ts';
import { register } from '../../src/registry/register/register.ts';
import { resolve } from '../../src/registry/resolve.ts';

const [, , home = '', name = '', times = '1', ...paths] = process.argv;
const registry = await openRegistry(home, { actor: name, waitMs: 60_000, now: Date.now });
for (let time = 1; time <= Number(times); time += 1) {
  for (const path of paths) {
    const { ref } = await register(registry, {
      name: parseModelName(name),
      path,
      number: { kind: 'auto' },
      metadata: {},
      ifExists: 'new',
    });
    const exact = parseExplicitReference(ref);
    await checkBytes(registry, await resolve(registry, exact));
    if (time < Number(times)) await deleteVersion(registry, { ref: exact });
  }
}
await registry.close();
