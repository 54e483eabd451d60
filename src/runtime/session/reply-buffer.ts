import { headerBytes, writeReplyHeader, type ReplyFrame } from './frames.ts';
import type { ByteWriter, Replies } from './session-kind.ts';

/** Kept between turns; a larger buffer is given back. */
const keptBytes = 1 << 20;

/** Answers, one frame after another in one buffer. */
export interface ReplyBuffer extends Replies {
  /** The frames so far. Valid until `clear`. */
  frames(): Buffer;
  clear(): void;
}

/** Bytes that grow by doubling. */
export function byteWriter(): ByteWriter {
  const writer: ByteWriter = {
    bytes: Buffer.allocUnsafeSlow(1 << 16),
    at: 0,
    reserve(more) {
      const needed = writer.at + more;
      if (needed <= writer.bytes.length) return;
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * writer.bytes.length));
      writer.bytes.copy(grown, 0, 0, writer.at);
      writer.bytes = grown;
    },
  };
  return writer;
}

export function replyBuffer(): ReplyBuffer {
  const writer = byteWriter();
  return {
    add(reply, write) {
      const start = writer.at;
      writer.reserve(headerBytes);
      writer.at += headerBytes;
      let head: number;
      try {
        head = write(writer);
      } catch (error) {
        writer.at = start;
        throw error;
      }
      writeReplyHeader(writer.bytes, start, { ...reply, head }, writer.at - start - headerBytes);
    },
    frames: () => writer.bytes.subarray(0, writer.at),
    clear() {
      writer.at = 0;
      if (writer.bytes.length > keptBytes) writer.bytes = Buffer.allocUnsafeSlow(1 << 16);
    },
  };
}

/** The answer to a request that failed: its message. */
export function addFailure(
  replies: Replies,
  reply: Omit<ReplyFrame, 'body' | 'head'>,
  message: string,
): void {
  replies.add(reply, (out) => {
    out.reserve(Buffer.byteLength(message));
    out.at += out.bytes.write(message, out.at, 'utf8');
    return 0;
  });
}
