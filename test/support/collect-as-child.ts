/**
 * Collects garbage, all that is not needed now, in a process of its own:
 *
 *     node collect-as-child.ts HOME [STEP]
 *
 * With STEP, 1, 2, 3 …, it kills itself by SIGKILL before whatever it would do then; it prints
 * `done` if it came to its end before.
 */
import { openRegistry } from '../../src/open-registry.ts';
import { collectGarbage } from '../../src/registry/maintain/collect-garbage.ts';
import { everyStep } from './every-step.ts';

const [, , home = '', step = '0'] = process.argv;
const registry = await openRegistry(home, { actor: 'collector', waitMs: 60_000, now: Date.now });
let steps = 0;
const stepped = everyStep(registry, async () => {
  steps += 1;
  if (steps === Number(step)) process.kill(process.pid, 'SIGKILL');
});
await collectGarbage(stepped, { olderThanMs: 0, yes: true });
await registry.close();
console.log('done');
