import { isUtf8 } from 'node:buffer';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The name that these bytes stand for. Tools write names in the encoding of their machine, and ONNX
 * Runtime accepts that. In a name that is not UTF-8, each byte beyond ASCII becomes a lone
 * surrogate, U+DC00 plus the byte, much as with Python's surrogateescape. Different names stay
 * different, none equals a UTF-8 name, and `isWellFormed` tells them apart. `nameBytes` is the
 * inverse.
 */
export function decodeName(bytes: Buffer, from: number, to: number): string {
  // There are many names, nearly all ASCII: those need no copy.
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

/** The bytes of a name in the file. */
export function nameBytes(name: string): Buffer {
  return Buffer.from(name, name.isWellFormed() ? 'utf8' : 'latin1');
}
