import { createHash, randomBytes } from 'node:crypto';
import { chmod, lstat, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { syncFolder } from './fsync.ts';
import { fateOf, markPattern, placeOfProcesses, processMark } from './scratch.ts';

/**
 * A folder to be replaced as a whole. No file system can replace a non-empty folder in one step, so
 * it takes two renames: the old folder is moved aside and the new one takes its name. Both are
 * beside the target, under names that identify the target and the process, so that a later process
 * can finish or undo what a killed one began.
 */
export interface Swap {
  target: string;
  /** Where the new folder is built. */
  fresh: string;
  /** Where the old one is moved. */
  aside: string;
}

/**
 * Removes a folder that was moved aside. If it contains files that are not mlreg's, removes nothing
 * and returns a message.
 */
export type RemoveAside = (aside: string) => Promise<string | undefined>;

/**
 * Removes a folder entry by entry and yields each one. The marker goes last, so that what a killed
 * process leaves can still be recognized.
 */
export async function* removeMarked(folder: string, marker: string): AsyncGenerator<string, void, undefined> {
  for (const name of await readdir(folder)) {
    if (name === marker) continue;
    await rm(join(folder, name), { recursive: true, force: true });
    yield name;
  }
  await rm(folder, { recursive: true, force: true });
}

const dayMs = 24 * 3600e3;

export function planSwap(target: string, mark = processMark()): Swap {
  const stem = join(dirname(target), `.mlreg-${mark}-${randomBytes(4).toString('hex')}-${keyOf(target)}`);
  return { target, fresh: `${stem}.new`, aside: `${stem}.old` };
}

/** A key of fixed length for a name of any length. */
function keyOf(target: string): string {
  return createHash('sha256').update(basename(target)).digest('hex').slice(0, 12);
}

/**
 * Puts the new folder, which must be durable, in the place of the old one, and yields each step
 * when it is done. If it rejects, the old folder is back in its place. Returns a message about each
 * thing that could not be removed.
 */
export async function* swapIn(
  { target, fresh, aside }: Swap,
  removeAside: RemoveAside,
): AsyncGenerator<string, string[], undefined> {
  const parent = dirname(target);
  const old = await lstat(target).catch(() => undefined);
  if (old !== undefined) await chmod(fresh, old.mode & 0o7777);
  if (old === undefined || (await readdir(target)).length === 0) {
    await rename(fresh, target);
    await syncFolder(parent);
    yield 'the new folder has its name';
    return [];
  }
  await rename(target, aside);
  yield 'the old folder is aside';
  try {
    await rename(fresh, target);
  } catch (error) {
    await rename(aside, target);
    throw error;
  }
  await syncFolder(parent);
  yield 'the new folder has its name';
  return warningsOf(await removeAside(aside));
}

/**
 * Finishes or undoes what killed processes began at this target, and removes what they left.
 * Returns a message about each thing that could not be removed. BUSY if a running process is
 * between its two renames.
 */
export async function settleSwaps(target: string, removeAside: RemoveAside): Promise<string[]> {
  const parent = dirname(target);
  const warnings: string[] = [];
  for (const { swap, fate, name } of await swapsOf(target)) {
    const [fresh, aside] = [await touched(swap.fresh), await touched(swap.aside)];
    if (aside !== undefined && (await touched(target)) === undefined) {
      if (fate === 'alive') throw busy(target, name);
      // The new folder was complete before the old one was moved.
      await rename(fresh === undefined ? swap.aside : swap.fresh, target);
      await syncFolder(parent);
    }
    const isOver = fate === 'dead' || (fate === 'unknown' && Date.now() - (fresh ?? aside ?? 0) > dayMs);
    if (aside !== undefined && fate !== 'alive')
      warnings.push(...((await touched(swap.aside)) ? warningsOf(await removeAside(swap.aside)) : []));
    if (isOver) await rm(swap.fresh, { recursive: true, force: true });
  }
  return warnings;
}

interface Found {
  swap: Swap;
  fate: ReturnType<typeof fateOf>;
  /** Begins with the process number. */
  name: string;
}

async function swapsOf(target: string): Promise<Found[]> {
  const [parent, place] = [dirname(target), placeOfProcesses()];
  const named = new RegExp(`^\\.mlreg-(${markPattern}-[0-9a-f]{8})-${keyOf(target)}\\.(?:new|old)$`);
  const names = await readdir(parent).catch(() => []);
  const marks = new Set(names.flatMap((name) => named.exec(name)?.[1] ?? []));
  return [...marks].map((name) => {
    const stem = join(parent, `.mlreg-${name}-${keyOf(target)}`);
    return { swap: { target, fresh: `${stem}.new`, aside: `${stem}.old` }, fate: fateOf(name, place), name };
  });
}

async function touched(path: string): Promise<number | undefined> {
  return (await lstat(path).catch(() => undefined))?.mtimeMs;
}

function warningsOf(kept: string | undefined): string[] {
  return kept === undefined ? [] : [kept];
}

function busy(target: string, name: string): MlregError {
  return new MlregError(
    'BUSY',
    `process ${name.split('.')[0]} is replacing ${quote(target)} right now; nothing was changed`,
    { hint: 'try again when it is done' },
  );
}
