import { createReadStream } from 'node:fs';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { asSourceError } from './path-errors.ts';

/**
 * Reads a small text file that a flag names. NOT_FOUND, or INVALID_INPUT if it is too large, a
 * folder or not UTF-8.
 */
export async function readText(path: string, maxBytes: number, whatIsLarge: string): Promise<string> {
  try {
    const chunks: Uint8Array[] = [];
    // One byte more than allowed shows that it is too large, even for a device that never ends.
    for await (const chunk of createReadStream(path, { end: maxBytes })) chunks.push(chunk as Uint8Array);
    const bytes = Buffer.concat(chunks);
    if (bytes.length > maxBytes) {
      throw new MlregError('INVALID_INPUT', `${quote(path)} is larger than ${maxBytes} bytes`, {
        hint: whatIsLarge,
      });
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof Error && (error as NodeJS.ErrnoException).code === 'EISDIR')
      throw new MlregError('INVALID_INPUT', `${quote(path)} is a folder, not a text file`, {
        hint: 'use a file',
        cause: error,
      });
    if (error instanceof TypeError)
      throw new MlregError('INVALID_INPUT', `${quote(path)} is not UTF-8 text`, {
        hint: 'save it as UTF-8',
        cause: error,
      });
    throw asSourceError(error, path);
  }
}
