import { mkdtempSync, readFileSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';
import type { ErrorCode } from '../../src/core/errors.ts';
import { MlregError } from '../../src/core/errors.ts';

/** What of a test's context is needed to clean up behind it. */
export interface Cleanup {
  after(action: () => void | Promise<void>): void;
}

/** A folder that is gone after the test. */
export function tempFolder(test: Cleanup): string {
  const folder = mkdtempSync(join(tmpdir(), 'mlreg-test-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Path of something in test/fixtures. */
export function fixture(path: string): string {
  return fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));
}

/** Turns one bit of a file, whatever its mode. */
export function flipBit(path: string, position?: number): void {
  const bytes = readFileSync(path);
  const at = position ?? bytes.length >> 1;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
  chmodSync(path, 0o444);
}

/**
 * For `assert.rejects` and `assert.throws`: an expected failure with this code, a hint, and this
 * text in its message.
 */
export function failsWith(code: ErrorCode, message = /(?:)/): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof MlregError, `not an expected failure: ${String((error as Error).stack)}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.ok(error.hint !== undefined && error.hint !== '', 'an error says what to type next');
    return true;
  };
}
