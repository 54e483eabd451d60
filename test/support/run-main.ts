import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { main } from '../../src/cli/main.ts';
import { tempFolder, type Cleanup } from './temp-folder.ts';

/** What `main` needs of a process: streams that remember, and signals that the test sends. */
class FakeProcess extends EventEmitter {
  exitCode: number | undefined;
  readonly env: Record<string, string> = { MLREG_ACTOR: 'ada' };
  readonly pid = -1;
  readonly killed: string[] = [];
  readonly stdout = new FakeStream();
  readonly stderr = new FakeStream();
  readonly #cwd: string;

  constructor(cwd: string) {
    super();
    this.#cwd = cwd;
  }

  cwd(): string {
    return this.#cwd;
  }

  kill(_pid: number, signal: string): void {
    this.killed.push(signal);
  }
}

class FakeStream extends EventEmitter {
  text = '';
  /** Called with each text before it is kept. */
  onWrite: (text: string) => void = () => undefined;

  write(text: string): boolean {
    this.onWrite(text);
    this.text += text;
    return true;
  }
}

/** Runs command lines in one folder, in this process. */
export function openMain(t: Cleanup, cwd = tempFolder(t)) {
  return async (args: string[], prepare: (process: FakeProcess) => void = () => undefined) => {
    const process = new FakeProcess(cwd);
    prepare(process);
    await main(args, process as unknown as NodeJS.Process);
    // After a signal, its like is listened for until the process ends.
    if (![129, 130, 143].includes(process.exitCode ?? 0))
      assert.deepEqual(process.eventNames(), [], 'no listener is left');
    return { code: process.exitCode, stdout: process.stdout.text, stderr: process.stderr.text, process };
  };
}
