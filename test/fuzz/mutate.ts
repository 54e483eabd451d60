import { nextBelow, type RandomUint32 } from '../../src/core/seeded-random.ts';

/** What parsers are known to stumble over. */
const tokens = [
  '\r\n',
  '\r\n\r\n',
  '\n',
  '\0',
  ' ',
  ':',
  ',',
  '"',
  '\\',
  '\\u0000',
  '\\ud800',
  '{',
  '}',
  '[',
  ']',
  '[[[[[[[[',
  'null',
  'true',
  'NaN',
  'Infinity',
  '-0',
  '1e999',
  '-1',
  '0',
  '0.1',
  '18446744073709551616',
  '9007199254740993',
  '99999999999999999999999',
  '"__proto__":',
  '"constructor"',
  '"FP32"',
  '"BYTES"',
  '"INT64"',
  '"BOOL"',
  '%2F',
  '%00',
  '%',
  '/../',
  '//',
  '?',
  '#',
  '\xff\xfe',
  '\xef\xbb\xbf',
  'é',
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Content-Encoding: gzip\r\n',
  'Expect: 100-continue\r\n',
  'Inference-Header-Content-Length: 7\r\n',
  'Content-Type: text/csv\r\n',
  'Connection: close\r\n',
  'Upgrade: h2c\r\n',
  '\x0a\xff\xff\xff\xff\x0f',
  '\x12\x00',
  '\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01',
  '\x0b',
  '\x0c',
];

/** Bytes that are like `bytes`, and not the same. `other` gives parts of itself. */
export function mutate(bytes: Buffer, other: Buffer, random: RandomUint32): Buffer {
  let made = bytes;
  const rounds = 1 + nextBelow(random, 4);
  for (let round = 0; round < rounds; round++) made = mutateOnce(made, other, random);
  return made;
}

function mutateOnce(bytes: Buffer, other: Buffer, random: RandomUint32): Buffer {
  const at = nextBelow(random, bytes.length + 1);
  const few = 1 + nextBelow(random, 16);
  switch (nextBelow(random, 9)) {
    case 0: {
      const changed = Buffer.from(bytes);
      if (at < changed.length) changed[at]! ^= 1 << nextBelow(random, 8);
      return changed;
    }
    case 1:
      return splice(bytes, at, few);
    case 2:
      return splice(bytes, at, 0, bytes.subarray(at, at + few));
    case 3:
      return splice(bytes, at, 0, Buffer.from(Array.from({ length: few }, () => nextBelow(random, 256))));
    case 4:
    case 5:
      return splice(bytes, at, nextBelow(random, 3), token(random));
    case 6:
      return replaceNumber(bytes, at, random);
    case 7: {
      const from = nextBelow(random, other.length + 1);
      return splice(bytes, at, few, other.subarray(from, from + 1 + nextBelow(random, 64)));
    }
    default:
      return bytes.subarray(0, at);
  }
}

function splice(bytes: Buffer, at: number, deleted: number, inserted: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + deleted)]);
}

function token(random: RandomUint32): Buffer {
  return Buffer.from(tokens[nextBelow(random, tokens.length)]!, 'latin1');
}

/** Puts something else where the next number stands. */
function replaceNumber(bytes: Buffer, from: number, random: RandomUint32): Buffer {
  const found = /\d+/.exec(bytes.toString('latin1', from));
  return found === null ? bytes : splice(bytes, from + found.index, found[0].length, token(random));
}
