import { isUtf8 } from 'node:buffer';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The name that these bytes are. Tools write names in the encoding of their machine, and ONNX
 * Runtime does not mind. Of what is not UTF-8, each byte beyond ASCII becomes a lone surrogate,
 * U+DC00 and the byte, much as Python's surrogateescape does: different names stay different, no
 * UTF-8 name is one of them, and `isWellFormed` tells them apart. `nameBytes` is the way back.
 */
export function decodeName(bytes: Buffer, from: number, to: number): string {
  // Names are many and nearly always ASCII: that way needs no copy.
  for (let index = from; index < to; index++) {
    if (bytes[index]! < 0x80) continue;
    const name = bytes.subarray(from, to);
    return isUtf8(name) ? utf8.decode(name) : escapeBytes(name);
  }
  return bytes.toString('latin1', from, to);
}

function escapeBytes(name: Buffer): string {
  return Array.from(name, (byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join('');
}

/** The bytes that a name has in the file. */
export function nameBytes(name: string): Buffer {
  return Buffer.from(name, name.isWellFormed() ? 'utf8' : 'latin1');
}
