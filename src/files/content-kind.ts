import { posix } from 'node:path';
import { gunzipSync, constants } from 'node:zlib';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';

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

/** The kinds of a source's files, by path. Most files have no known kind. */
export type ContentKinds = ReadonlyMap<string, ContentKind>;

const words: Record<ContentKind, [what: string, hint: string]> = {
  'lfs pointer': ['a Git LFS pointer', 'run git lfs pull to get the file'],
  'annex pointer': ['a git-annex pointer', 'run git annex get to get the file'],
  html: ['an HTML page', 'check the download: a login or error page may have been saved instead'],
  gzip: [
    'a gzip file',
    'unpack it with gunzip, or if it should stay packed, give it a name that ends in .gz',
  ],
  'onnx text': [
    'ONNX in a text format',
    'convert it with Python: onnx.save(onnx.load(FILE, format="textproto"), "model.onnx"); format is textproto, json or onnxtxt',
  ],
  json: ['JSON text', 'check the download: an error message may have been saved instead'],
  xml: ['XML text', 'check the download: an error message may have been saved instead'],
  text: ['plain text', 'check the program that wrote it'],
};

const htmlNames = set('html htm xhtml xht mhtml');
/** Text files that may begin with markup. */
const markupNames = set(
  'md markdown txt rst xml svg vue php jsp j2 jinja jinja2 tmpl tpl template hbs mustache ejs',
);
/** Gzipped by name or format; joblib and pickle read gzip without being asked. */
const gzipNames = set(
  'gz tgz gzip taz svgz pkl pickle joblib sav rds rda rdata nemo mar warc nii mgz cpgz adz ipk',
);
/** Formats that are never text. */
const binaryNames = set(
  'onnx ort safetensors gguf ggml h5 hdf5 keras tflite pt pth pt2 ckpt npy npz parquet feather arrow avro orc mlmodel engine plan pkl pickle joblib zip png jpg jpeg',
);

function set(names: string): ReadonlySet<string> {
  return new Set(names.split(' '));
}

function extensionOf(path: string): string {
  return posix.extname(path).slice(1).toLowerCase();
}

/** Whether the file's name says that it should have other content. */
function isMisplaced(path: string, kind: ContentKind): boolean {
  const extension = extensionOf(path);
  switch (kind) {
    case 'lfs pointer':
    case 'annex pointer':
      return true;
    case 'html':
      return !htmlNames.has(extension) && !markupNames.has(extension);
    case 'gzip':
      return !gzipNames.has(extension);
    case 'json':
    case 'xml':
    case 'onnx text':
      return binaryNames.has(extension);
    case 'text':
      return extension === 'onnx';
  }
}

/**
 * INVALID_INPUT if the file is not what it should be. `role` is what it should be, such as `a
 * model`.
 */
export function refuseMisplaced(path: string, kind: ContentKind | undefined, role: string): void {
  if (kind === undefined || !isMisplaced(path, kind)) return;
  const [what, hint] = words[kind];
  throw new MlregError('INVALID_INPUT', `${quote(path)}: this is ${what}, not ${role}`, { hint });
}

const mostNames = 3;

/** One warning for each kind of unexpected content in a source. */
export function warnOfMisplaced(kinds: ContentKinds): string[] {
  const byKind = new Map<ContentKind, string[]>();
  for (const [path, kind] of kinds) {
    if (isMisplaced(path, kind)) byKind.set(kind, [...(byKind.get(kind) ?? []), path]);
  }
  return [...byKind].map(([kind, paths]) => {
    const [what, hint] = words[kind];
    if (paths.length === 1) return `${quote(paths[0] ?? '')}: this is ${what}; ${hint}`;
    const names = paths.sort().slice(0, mostNames).map(quote).join(', ');
    const more = paths.length - mostNames;
    const others = more <= 0 ? '' : ` and ${more} more ${more === 1 ? 'file' : 'files'}`;
    return `${names}${others}: each is ${what}; ${hint}`;
  });
}
