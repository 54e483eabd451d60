import { createReadStream } from 'node:fs';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { asSourceError } from './path-errors.ts';

/**
 * Reads a small text file that a flag names. NOT_FOUND, or INVALID_INPUT if it is too large, a
 * folder or not UTF-8.
 */
export async function readText(path: string, maxBytes: number, whatIsLarge: string): Promise<string> {
  // One byte more than allowed shows that it is too large, even for a device that never ends.
  return readTextFrom(createReadStream(path, { end: maxBytes }), path, { maxBytes, whatIsLarge });
}

/** As `readText`, from a stream that is called `name` in errors. No more is read than needed. */
export async function readTextFrom(
  stream: AsyncIterable<unknown>,
  name: string,
  { maxBytes, whatIsLarge }: { maxBytes: number; whatIsLarge: string },
): Promise<string> {
  try {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length <= maxBytes) continue;
      throw new MlregError('INVALID_INPUT', `${quote(name)} is larger than ${maxBytes} bytes`, {
        hint: whatIsLarge,
      });
    }
    const bytes = Buffer.concat(chunks);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof Error && (error as NodeJS.ErrnoException).code === 'EISDIR')
      throw new MlregError('INVALID_INPUT', `${quote(name)} is a folder, not a text file`, {
        hint: 'use a file',
        cause: error,
      });
    if (error instanceof TypeError)
      throw new MlregError('INVALID_INPUT', `${quote(name)} is not UTF-8 text`, {
        hint: 'save it as UTF-8',
        cause: error,
      });
    throw asSourceError(error, name);
  }
}
