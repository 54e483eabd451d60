import { randomUUID } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import type { StepOutputs } from '../../render/view.ts';

/** GitHub accepts at most 1 MiB of summary from one step, and drops a larger one. */
const maxSummaryBytes = 1024 * 1024;

/**
 * Appends the outputs of a CI step to the file in `GITHUB_OUTPUT`, and its summary to the one in
 * `GITHUB_STEP_SUMMARY`, if they are set. Resolves with a warning for each file that could not be
 * written: the command has still succeeded.
 */
export async function writeStepFiles(
  env: NodeJS.ProcessEnv,
  { ref, version, digest, verdict, changed }: StepOutputs & { changed: boolean | undefined },
  summary: string | undefined,
): Promise<string[]> {
  const outputs = { ref, version, digest, changed: String(changed === true), verdict: verdict ?? '' };
  return [
    ...(await appendTo('GITHUB_OUTPUT', env, () => Object.entries(outputs).map(outputLines).join(''))),
    ...(await appendTo('GITHUB_STEP_SUMMARY', env, (size) => {
      const text = summary === undefined ? '' : `\n${summary}\n`;
      if (size + Buffer.byteLength(text) <= maxSummaryBytes) return text;
      throw new Error("it would exceed GitHub's limit of 1 MiB");
    })),
  ];
}

/**
 * The multi-line form, with an unpredictable delimiter: a value cannot end it and begin another
 * output.
 */
export function outputLines([name, value]: [name: string, value: string]): string {
  const end = `mlreg-${randomUUID()}`;
  return `${name}<<${end}\n${value}\n${end}\n`;
}

async function appendTo(
  variable: string,
  env: NodeJS.ProcessEnv,
  textAfter: (size: number) => string,
): Promise<string[]> {
  const path = env[variable];
  if (!path) return [];
  let file: FileHandle | undefined;
  let isNew = false;
  try {
    file = await open(path, 'ax+').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return undefined;
      throw error;
    });
    isNew = file !== undefined;
    file ??= await open(path, 'a+');
    const { size } = await file.stat();
    const text = textAfter(size);
    if (text !== '') await append(file, size, (await endsWithinLine(file, size)) ? `\n${text}` : text);
    return [];
  } catch (error) {
    if (isNew) await rm(path, { force: true }).catch(() => undefined);
    return [`could not write ${path} (${variable}): ${(error as Error).message}`];
  } finally {
    await file?.close().catch(() => undefined);
  }
}

/**
 * In one write, since several commands of a step may append at the same time. A partial write is
 * undone: a value without its end delimiter breaks the step.
 */
async function append(file: FileHandle, size: number, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  let done = 0;
  try {
    while (done < bytes.length) done += (await file.write(bytes, done)).bytesWritten;
  } catch (error) {
    const now = await file.stat();
    if (done > 0 && now.size === size + done) await file.truncate(size);
    throw error;
  }
}

async function endsWithinLine(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false;
  const { bytesRead, buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 1 && buffer[0] !== 0x0a;
}
