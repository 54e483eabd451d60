import { markPattern as mark } from '../../../files/scratch.ts';

/**
 * The names that mlreg gives to the files of a home. A file with any other name is not ours: it is
 * never removed, and no registry is made around it.
 */

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

const drafts = [
  // A staged copy, its second name while it replaces a blob, or a blob on its way back. Earlier
  // versions put only the process in the name.
  `${mark}-(?:${uuid}(?:-copy)?|[0-9a-f]{64})`,
  String.raw`\d{1,10}-${uuid}`,
  // A database in the making, with the files that SQLite keeps beside it.
  String.raw`${uuid}\.db(?:-wal|-shm|-journal)?`,
  `(?:registry|head)-${uuid}`,
  `doctor-${uuid}(?:-linked|-moved)?`,
];
const draft = new RegExp(`^(?:${drafts.join('|')})$`);
const probe = new RegExp(String.raw`^\.doctor-${uuid}$`);
const blob = /^[0-9a-f]{64}$/;
const aside = /^[0-9a-f]{64}-\d{1,15}(?:-[0-9a-f]{8})?$/;

/** Whether it is the name of one of our files in `tmp/`. */
export function isDraftName(name: string): boolean {
  return draft.test(name);
}

/** Whether it is the name of a file that doctor links into `blobs/`. */
export function isProbeName(name: string): boolean {
  return probe.test(name);
}

/** Whether it is the name of one of our files in `predictions/`. */
export function isPredictionName(name: string): boolean {
  return readPredictionName(name) !== undefined;
}

export interface PredictionName {
  /** What the files of a model, and of a run, have in common. */
  model: string;
  run: string;
  /** When its time is over, epoch milliseconds. */
  until: number;
}

const predictions = /^(?<model>[0-9a-f]{16})-(?<run>[0-9a-f]{32})-(?<until>\d{1,15})\.db$/;

/** Undefined if it is not the name of one of our files in `predictions/`. */
export function readPredictionName(name: string): PredictionName | undefined {
  const { model = '', run = '', until = '' } = predictions.exec(name)?.groups ?? {};
  return model === '' ? undefined : { model, run, until: Number(until) };
}

export function isBlobName(name: string): boolean {
  return blob.test(name);
}

/** Whether it is the name of one of our files in `trash/` or `quarantine/`. */
export function isAsideName(name: string): boolean {
  return aside.test(name);
}
