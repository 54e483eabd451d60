import type { ByteWindow, Span } from '../file/bytes.ts';
import { WireMessage } from '../file/wire.ts';

/** More classes than any real model has; a hostile one must not fill the memory. */
export const mostClasses = 100_000;
const longestMetadata = 4 * 1024 * 1024;

/** As Ultralytics, Transformers and others write them. */
const metadataKeys = new Set(['class_names', 'classes', 'labels', 'names', 'id2label']);

/** A StringStringEntryProto of `metadata_props`. */
export function labelsInMetadata(window: ByteWindow, span: Span): string[] | null {
  const message = new WireMessage(window, span, 'StringStringEntryProto');
  let key = '';
  let value = '';
  while (message.next()) {
    const length = message.end - message.start;
    if (message.field === 1 && length < 100) key = message.text();
    else if (message.field === 2 && length <= longestMetadata)
      value = window.copy(message.start, message.end).toString('utf8');
  }
  return metadataKeys.has(key) ? parseLabels(value) : null;
}

/** `["cat", "dog"]`, `{"0": "cat"}`, or a dict or list as Python prints them. */
function parseLabels(text: string): string[] | null {
  const parsed = parseJson(text) ?? parseJson(pythonAsJson(text));
  if (typeof parsed !== 'object' || parsed === null) return null;
  const entries = Object.entries(parsed);
  if (entries.length > mostClasses) return null;
  const names = entries.map(([key, value]): [string, string] | null =>
    typeof value === 'string' || typeof value === 'number' ? [key, String(value)] : null,
  );
  return names.every((entry) => entry !== null) ? inOrder(names) : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Turns Python's quotes and integer keys into JSON's. */
function pythonAsJson(text: string): string {
  const token = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[{,]\s*\d+\s*:/gs;
  return text.replace(token, (found) => {
    if (/^[{,]/.test(found)) return found.replace(/\d+/, (key) => `"${key}"`);
    const inner = found.slice(1, -1).replaceAll(String.raw`\'`, "'");
    return found.startsWith("'") ? `"${inner.replace(/(?<!\\)"/g, String.raw`\"`)}"` : found;
  });
}

/** Values by position, if the keys are all positions from 0 on. */
export function inOrder(entries: readonly (readonly [string, string])[]): string[] | null {
  const byKey = new Map(entries);
  const list = Array.from({ length: byKey.size }, (_, at) => byKey.get(String(at)));
  return list.length > 0 && list.every((value) => value !== undefined) ? list : null;
}
