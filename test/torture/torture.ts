/**
 * What a registry must survive, at a size of choice:
 *
 *     npm run torture -- --kills 1000 --contend 64x20 --gc-race 60s --flips 1000 --faults --seed 7
 *
 * Without flags a few of each. The seed chooses which bits are flipped; without one it is another
 * each time, and printed. Prints a summary, and exits 1 if anything was lost.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseDuration } from '../../src/core/text/units.ts';
import { noStrace } from '../support/strace.ts';
import { contending } from './contend.ts';
import { faulting } from './faults.ts';
import { flipping } from './flips.ts';
import { racing } from './gc-race.ts';
import { killing } from './kills.ts';

const { values: flags } = parseArgs({
  options: {
    kills: { type: 'string' },
    contend: { type: 'string' },
    'gc-race': { type: 'string' },
    flips: { type: 'string' },
    faults: { type: 'boolean' },
    seed: { type: 'string' },
  },
});
const all = Object.keys(flags).every((flag) => flag === 'seed');
const seed = count(flags.seed ?? String(Date.now() % 1_000_000));
let lost = false;

const kills = flags.kills ?? (all ? '50' : undefined);
if (kills !== undefined) {
  await part(`${kills} kills`, async (folder) => {
    const {
      steps,
      acknowledged,
      lost: gone,
      blobs,
      events,
      problems,
    } = await killing(folder, {
      kills: count(kills),
      onProgress: every(50),
    });
    console.log(
      `  fell into: ${Object.entries(steps)
        .map(([step, times]) => `${step} ${times}`)
        .join(', ')}`,
    );
    console.log(`  acknowledged ${acknowledged}, lost ${gone.length}`);
    console.log(`  verify: ${events} events, ${blobs} blobs, problems ${problems.length}`);
    return [...gone.map((ack) => `lost: ${ack}`), ...problems];
  });
}

const contend = flags.contend ?? (all ? '16x5' : undefined);
if (contend !== undefined) {
  await part(`contention ${contend}`, async (folder) => {
    const [processes = 0, turns = 0] = contend.split('x').map(count);
    const { acknowledged, registered, dense, moves, generation, errors, problems } = await contending(
      folder,
      {
        processes,
        turns,
      },
    );
    console.log(
      `  registered ${registered} of ${processes * turns}, acknowledged ${acknowledged}, numbers dense: ${dense}`,
    );
    console.log(`  moves ${moves}, generation of the stage ${generation}`);
    const short =
      registered === processes * turns && acknowledged === registered ? [] : ['registrations are missing'];
    return [
      ...errors,
      ...problems,
      ...short,
      ...(dense ? [] : ['numbers are missing']),
      ...(moves === generation ? [] : ['moves are missing']),
    ];
  });
}

const race = flags['gc-race'] ?? (all ? '5s' : undefined);
if (race !== undefined) {
  await part(`a race with the collector, ${race}`, async (folder) => {
    const { registered, collections, takenOut, dangling } = await racing(folder, { ms: parseDuration(race) });
    console.log(`  registered ${registered}, collected ${collections} times, took ${takenOut} blobs out`);
    console.log(`  dangling ${dangling.length}`);
    return dangling;
  });
}

const flips = flags.flips ?? (all ? '50' : undefined);
if (flips !== undefined) {
  await part(`${flips} flipped bits, seed ${seed}`, async (folder) => {
    const { blobs, database, missed } = await flipping(folder, {
      flips: count(flips),
      seed,
      onProgress: every(50),
    });
    console.log(`  in blobs: found ${blobs.found} of ${blobs.flips}`);
    console.log(
      `  in the database: found ${database.found} of ${database.flips}; ${database.unused} more were in unused space`,
    );
    return missed;
  });
}

if (flags.faults === true || all) {
  if (noStrace !== false) console.log(`faults: left out, ${noStrace}`);
  else {
    await part('a fault at each call that changes the disk', async (folder) => {
      const { faults, outcomes, wrong } = await faulting(folder, {
        every: all ? 7 : 1,
        onProgress: every(50),
      });
      console.log(
        `  ${faults} faults: ${Object.entries(outcomes)
          .map(([what, times]) => `${what} ${times}`)
          .join(', ')}`,
      );
      return wrong;
    });
  }
}
process.exitCode = lost ? 1 : 0;

async function part(title: string, run: (folder: string) => Promise<string[]>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mlreg-torture-'));
  const started = performance.now();
  console.log(title);
  try {
    const problems = await run(folder);
    for (const problem of problems) console.log(`  PROBLEM ${problem}`);
    lost ||= problems.length > 0;
    console.log(
      `  ${problems.length === 0 ? 'nothing lost' : 'FAILED'}, ${((performance.now() - started) / 1000).toFixed(0)} s`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function every(step: number): (done: number) => void {
  return (done) => {
    if (process.stderr.isTTY && done % step === 0) process.stderr.write(`  … ${done}\r`);
  };
}

function count(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new Error(`${JSON.stringify(text)} is not a number`);
}
