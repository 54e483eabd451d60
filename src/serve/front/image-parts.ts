import { badRequest, shown } from '../engine/refusal.ts';

/** A file of a request. */
export interface ImagePart {
  /** As the client calls it; undefined: the body is the image. */
  file: string | undefined;
  bytes: Uint8Array;
}

/** The most files in one request. */
const mostFiles = 64;

/**
 * The images in a body: itself, or the files of a form, as `curl -F image=@cat.jpg` sends it. Refused
 * with 400 for a form that is damaged, or has no file, too many, or other fields.
 */
export async function imageParts(body: Buffer, contentType: string): Promise<ImagePart[]> {
  if (!/^\s*multipart\//i.test(contentType)) return [{ file: undefined, bytes: body }];
  refuseManyParts(body, contentType);
  // Node's own reader of forms.
  const form = await new Response(body, { headers: { 'Content-Type': contentType } })
    .formData()
    .catch(() => undefined);
  if (form === undefined) throw badRequest('the body is not multipart/form-data, or is cut off');
  const parts: ImagePart[] = [];
  for (const [name, value] of form) {
    if (typeof value === 'string')
      throw badRequest(`the form has the field ${shown(name)}, which is no file: -F ${name}=@FILE sends one`);
    parts.push({ file: value.name, bytes: new Uint8Array(await value.arrayBuffer()) });
  }
  if (parts.length === 0) throw badRequest('the form has no file: -F image=@FILE sends one');
  return parts;
}

/** Before the form is read: each part costs memory and time, however short it is. */
function refuseManyParts(body: Buffer, contentType: string): void {
  const boundary = /boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(contentType);
  const line = `--${boundary?.[1] ?? boundary?.[2] ?? ''}`;
  if (boundary === null) throw badRequest('Content-Type multipart/form-data needs a boundary');
  let lines = 0;
  for (let at = body.indexOf(line); at !== -1; at = body.indexOf(line, at + line.length)) {
    lines += 1;
    // One line ends the form.
    if (lines > mostFiles + 1) throw badRequest(`the form has more than ${mostFiles} files`);
  }
}
