/**
 * The frames between a server and the child that runs its model, on a socket: a header of fixed
 * size, little-endian, then the body as the client sent it, or as the client gets it. What the body
 * means is a matter of the two ends; this file only moves it.
 */

/** Bytes before the body, in both directions. */
export const headerBytes = 40;

/** A request whose body is JSON for the session itself: it loads the model. */
export const controlKind = 0;

/** Bits of `flags`. */
export const flag = {
  /** Run it in a batch of its own: it may be what ended the child before. */
  alone: 1,
} as const;

export interface RequestFrame {
  id: number;
  /** `controlKind`, or the codec that reads the body. */
  kind: number;
  flags: number;
  /** A number for the codec, such as how many bytes of the body are its JSON. */
  head: number;
  body: Uint8Array;
}

export interface ReplyFrame {
  id: number;
  /** 200, or a status of HTTP; the body is then the message of the error, in UTF-8. */
  status: number;
  head: number;
  body: Uint8Array;
  /** How many requests ran together. */
  batch: number;
  /** Microseconds in ONNX Runtime, and from arrival in the child to the run. */
  computeMicros: number;
  waitMicros: number;
  /** Microseconds that its body took to read, and its answer to write; to about seven digits. */
  inputMicros: number;
  outputMicros: number;
}

/** Of a reply for which nothing ran. */
export const noRun = { batch: 0, computeMicros: 0, waitMicros: 0, inputMicros: 0, outputMicros: 0 };

/** Writes the header of a request. */
export function writeRequestHeader(
  out: Buffer,
  at: number,
  { id, kind, flags, head, body }: RequestFrame,
): void {
  out.writeUInt32LE(headerBytes + body.length, at);
  out.writeUInt32LE(id, at + 4);
  out.writeUInt8(kind, at + 8);
  out.writeUInt8(flags, at + 9);
  out.writeUInt16LE(0, at + 10);
  out.writeUInt32LE(head, at + 12);
  out.writeUInt32LE(body.length, at + 16);
  out.fill(0, at + 20, at + headerBytes);
}

/** Reads a frame that is complete: `at` is where it begins, and its body is not copied. */
export function readRequest(from: Buffer, at: number): RequestFrame {
  const length = from.readUInt32LE(at);
  return {
    id: from.readUInt32LE(at + 4),
    kind: from.readUInt8(at + 8),
    flags: from.readUInt8(at + 9),
    head: from.readUInt32LE(at + 12),
    body: from.subarray(at + headerBytes, at + length),
  };
}

/** `bodyLength`: of a body that stands behind the header. */
export function writeReplyHeader(
  out: Buffer,
  at: number,
  { id, status, head, batch, computeMicros, waitMicros, inputMicros, outputMicros }: Omit<ReplyFrame, 'body'>,
  bodyLength: number,
): void {
  out.writeUInt32LE(headerBytes + bodyLength, at);
  out.writeUInt32LE(id, at + 4);
  out.writeUInt16LE(status, at + 8);
  out.writeUInt16LE(0, at + 10);
  out.writeUInt32LE(head, at + 12);
  out.writeUInt32LE(bodyLength, at + 16);
  out.writeFloatLE(inputMicros, at + 20);
  out.writeUInt32LE(batch, at + 24);
  out.writeUInt32LE(Math.min(computeMicros, 0xffff_ffff), at + 28);
  out.writeUInt32LE(Math.min(waitMicros, 0xffff_ffff), at + 32);
  out.writeFloatLE(outputMicros, at + 36);
}

export function readReply(from: Buffer, at: number): ReplyFrame {
  const length = from.readUInt32LE(at);
  return {
    id: from.readUInt32LE(at + 4),
    status: from.readUInt16LE(at + 8),
    head: from.readUInt32LE(at + 12),
    body: from.subarray(at + headerBytes, at + length),
    batch: from.readUInt32LE(at + 24),
    computeMicros: from.readUInt32LE(at + 28),
    waitMicros: from.readUInt32LE(at + 32),
    inputMicros: from.readFloatLE(at + 20),
    outputMicros: from.readFloatLE(at + 36),
  };
}

/** Bytes of the frame that begins at `at`; undefined while its length has not arrived. */
export function frameLength(from: Buffer, at: number, end: number): number | undefined {
  return end - at < 4 ? undefined : from.readUInt32LE(at);
}
