import { MlregError } from '../errors.ts';

/**
 * The head of a registry's event chain at some time. Saved elsewhere, it proves later that no event
 * up to it was changed or cut off.
 */
export interface Checkpoint {
  /** The registry's id. */
  registry: string;
  /** The last event's number, from 1. */
  seq: number;
  /** The last event's hash. */
  hash: string;
}

/** One JSON object on several lines, to be kept in git. */
export function formatCheckpoint({ registry, seq, hash }: Checkpoint): string {
  return JSON.stringify({ registry, seq, hash }, null, 2);
}

/**
 * Parses the text of `formatCheckpoint`, or an object that has one as its `checkpoint`.
 * INVALID_INPUT for anything else.
 */
export function parseCheckpoint(text: string, where: string): Checkpoint {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse(where, 'it is not JSON', cause);
  }
  const outer = isObject(value) ? value : {};
  const { registry, seq, hash } = isObject(outer['checkpoint']) ? outer['checkpoint'] : outer;
  if (typeof registry !== 'string' || !/^[0-9a-f-]{36}$/.test(registry))
    throw refuse(where, '"registry" is not a registry id');
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 1)
    throw refuse(where, '"seq" is not an event number');
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash))
    throw refuse(where, '"hash" is not a SHA-256');
  return { registry, seq, hash };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(where: string, why: string, cause?: unknown): MlregError {
  return new MlregError('INVALID_INPUT', `${where} is not a checkpoint: ${why}`, {
    hint: 'write one with: mlreg history --checkpoint',
    cause,
  });
}
