import { posix } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import type { ContentKind } from './content-kind.ts';

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
