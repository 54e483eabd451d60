import { gunzipSync, constants } from 'node:zlib';

/** Kinds of content that are often found where a model or data should be. */
export type ContentKind =
  | 'lfs pointer'
  | 'annex pointer'
  | 'html'
  | 'gzip'
  | 'onnx text'
  | 'json'
  | 'xml'
  | 'text';

const headBytes = 1024;

/**
 * The kind of content, by a file's first bytes; undefined: no kind in this list. Gzipped objects of
 * Python, R and Java do not count as gzip: their readers unpack them without being asked, whatever
 * the file is called.
 */
export function contentKind(start: Uint8Array): ContentKind | undefined {
  const head = start.subarray(0, headBytes);
  if (isGzip(head)) return holdsObjects(head) ? undefined : 'gzip';
  const text = asText(head);
  return text === undefined ? undefined : kindOfText(text.trimStart());
}

function kindOfText(text: string): ContentKind | undefined {
  if (text === '') return undefined;
  const found = textKinds.find(([, pattern]) => pattern.test(text));
  return found?.[0] ?? 'text';
}

const textKinds: [ContentKind, RegExp][] = [
  // https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
  ['lfs pointer', /^version https:\/\/(?:git-lfs|hawser)\.github\.com\/spec\/v\d+\s+(?:ext-\d.*\s+)*oid /],
  // https://git-annex.branchable.com/internals/pointer_file/
  ['annex pointer', /^\/annex\/objects\//],
  ['html', /^(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b/i],
  // A ModelProto as text: Protocol Buffers' text format, the syntax of onnx.parser, or JSON.
  [
    'onnx text',
    /^(?:#.*\s+)*(?:ir_version|opset_import|producer_name|producer_version|domain|model_version|doc_string|graph)\s*[:{]/,
  ],
  ['onnx text', /^<\s*(?:ir_version|opset_import)\s*:/],
  ['onnx text', /^\{[\s\S]*"(?:irVersion|ir_version|opsetImport|opset_import|producerName)"\s*:/],
  ['xml', /^<(?:\?xml\b|Error>)/],
  ['json', /^(?:\{\s*(?:"|\}|$)|\[\s*(?:[[{"\d\-\]]|$))/],
];

/** UTF-8 text without control characters; undefined for any other bytes. */
function asText(bytes: Uint8Array): string | undefined {
  try {
    // The last character may be cut off.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return /[\0-\x08\x0e-\x1f\x7f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Deflate is gzip's only method, and three of its flags are never set (RFC 1952, 2.3.1). */
function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b && head[2] === 8 && ((head[3] ?? 0) & 0xe0) === 0;
}

/**
 * The first bytes of pickles with protocols 2 to 5, of files by R's save and saveRDS, and of
 * serialized Java objects.
 */
const objects = /^(?:\x80[\x02-\x05]|(?:RD[ABX]\d\n)?[ABX]\n|\xac\xed\0\x05)/;

function holdsObjects(head: Uint8Array): boolean {
  try {
    // The input is cut off, so take whatever it unpacks to. That is at most about a thousand times
    // its size.
    const content = gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
    return objects.test(content.toString('latin1', 0, 16));
  } catch {
    return false;
  }
}
