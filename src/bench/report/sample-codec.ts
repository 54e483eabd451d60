import { gunzipSync, gzipSync } from 'node:zlib';
import { MlregError } from '../../core/errors.ts';

/** Latencies of one arm in one launch, in the order of the runs. */
export interface SampleSeries {
  /**
   * 0: the version under test, 1: its baseline. Under a load, 0 is what the latency is about (in
   * scenario `server` counted from when each run was due, in order of arrival; in `multi`, the
   * queries), and in these two scenarios 1 is the runs themselves.
   */
  arm: 0 | 1;
  launch: number;
  /** Milliseconds, rounded to nanoseconds. */
  latencyMs: Float64Array;
}

const version = 1;
const mostBytes = 2 ** 27;

/**
 * Encodes samples for storage. Byte 0 is the format's version, 1; the rest is gzip (RFC 1952) of
 * unsigned LEB128 varints: the number of series, then for each its arm, its launch, its number of
 * samples, and the samples as whole nanoseconds, each as the difference from the previous one (the
 * first from 0) in zigzag form (0, −1, 1, −2 … as 0, 1, 2, 3 …). About two bytes a sample.
 */
export function encodeSamples(series: readonly SampleSeries[]): Uint8Array {
  const most = series.reduce((sum, { latencyMs }) => sum + latencyMs.length, 0);
  // Three bytes hold a difference of two milliseconds; nine hold any safe integer.
  let bytes = new Uint8Array(3 * most + 64);
  let length = 0;
  const put = (value: number): void => {
    if (length + 9 > bytes.length) {
      const grown = new Uint8Array(2 * bytes.length);
      grown.set(bytes);
      bytes = grown;
    }
    let rest = value;
    while (rest >= 128) {
      bytes[length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    bytes[length++] = rest;
  };
  put(series.length);
  for (const { arm, launch, latencyMs } of series) {
    put(arm);
    put(launch);
    put(latencyMs.length);
    let before = 0;
    for (const sample of latencyMs) {
      const nanoseconds = Math.round(sample * 1e6);
      const change = nanoseconds - before;
      put(change >= 0 ? 2 * change : -2 * change - 1);
      before = nanoseconds;
    }
  }
  const packed = gzipSync(bytes.subarray(0, length));
  const result = new Uint8Array(packed.length + 1);
  result[0] = version;
  result.set(packed, 1);
  return result;
}

/**
 * Restores the series passed to `encodeSamples`, to the nanosecond. INTEGRITY for bytes that it did
 * not write.
 */
export function decodeSamples(encoded: Uint8Array): SampleSeries[] {
  if (encoded[0] !== version) throw damaged(`format version ${encoded[0] ?? 'missing'}, not ${version}`);
  const bytes = unpack(encoded.subarray(1));
  let at = 0;
  const take = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined || scale > 2 ** 49) throw damaged('a number is truncated or too long');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const count = take();
  if (count > bytes.length) throw damaged('more series than bytes');
  const series = Array.from({ length: count }, (): SampleSeries => {
    const arm = take();
    const launch = take();
    const samples = take();
    if (arm > 1 || samples > bytes.length - at) throw damaged('a series has an invalid header');
    const latencyMs = new Float64Array(samples);
    let nanoseconds = 0;
    for (let index = 0; index < samples; index++) {
      const zigzag = take();
      nanoseconds += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
      latencyMs[index] = nanoseconds / 1e6;
    }
    return { arm: arm as 0 | 1, launch, latencyMs };
  });
  if (at !== bytes.length) throw damaged('extra bytes at the end');
  return series;
}

function unpack(packed: Uint8Array): Uint8Array {
  try {
    return gunzipSync(packed, { maxOutputLength: mostBytes });
  } catch (cause) {
    throw damaged(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function damaged(reason: string, cause?: unknown): MlregError {
  return new MlregError('INTEGRITY', `cannot read the samples of a stored benchmark: ${reason}`, {
    hint: 'run mlreg verify to check the stored benchmark, or measure again with mlreg bench',
    cause,
  });
}
