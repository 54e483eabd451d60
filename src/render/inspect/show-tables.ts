import { currentMetadata } from '../../core/versions/amendments.ts';
import { metricDirection } from '../../core/metadata/metric-direction.ts';
import { numberChange } from '../../core/metadata/metric-change.ts';
import { escapeText } from '../../core/text/quote.ts';
import { formatValueType } from '../../core/versions/signature-change.ts';
import type { ValueInfo } from '../../core/versions/signature.ts';
import type { ShowAround } from '../../registry/inspect/show.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { changeText, marks, paint, toneOf } from './change.ts';
import { bytes, columnNumber } from '../format.ts';
import { table, type Heading } from '../table.ts';
import type { Style } from '../view.ts';

const mostRows = 40;

export function signatureTable({ onnx }: VersionRecord, style: Style): string {
  if (onnx === null) return '';
  const { inputs, outputs } = onnx.signature;
  const row = (side: string, info: ValueInfo): string[] => [
    style.color.dim(side),
    escapeText(info.name),
    ...typeAndShape(info),
    info.hasDefault === true ? style.color.dim('optional') : '',
  ];
  const rows = [
    ...inputs.map((input) => row('input', input)),
    ...outputs.map((output) => row('output', output)),
  ];
  return limited(rows, 'more inputs and outputs (--json shows all)', (shown) =>
    table(style, ['signature', 'name', 'type', 'shape', ''], shown, [], [1, 2, 3]),
  );
}

/** `float32` and `[batch, 64]`; a value that is not a tensor has no shape. */
function typeAndShape(info: ValueInfo): string[] {
  if (info.dtype === null) return [formatValueType(info), ''];
  return [escapeText(info.dtype), formatValueType(info).slice(info.dtype.length).replaceAll(',', ', ')];
}

/** Values, and their change since the previous version. */
export function metricsTable(
  record: VersionRecord,
  { previous, directions }: Pick<ShowAround, 'previous' | 'directions'>,
  style: Style,
): string {
  const before = previous === undefined ? {} : (currentMetadata(previous).metrics ?? {});
  const compared = Object.keys(before).length > 0;
  const rows = Object.entries(currentMetadata(record).metrics ?? {}).map(([name, value]) => {
    const earlier = Object.hasOwn(before, name) ? before[name] : undefined;
    const change = numberChange(earlier, value, metricDirection(name, directions));
    const text = changeText(change);
    const tone = toneOf(change);
    const shown =
      earlier === undefined ? style.color.dim('  new') : paint(tone, `${marks[tone]} ${text}`, style);
    const apart = columnNumber([value, earlier ?? value]);
    return [escapeText(name), apart(value), ...(compared ? [shown] : [])];
  });
  const heads: Heading[] = ['metric', 'value', ...(compared ? [{ name: `  VS ${previous?.version}` }] : [])];
  return limited(rows, 'more metrics (--json shows all)', (shown) => table(style, heads, shown, [1], 0));
}

export function paramsTable({ metadata }: VersionRecord, style: Style): string {
  const rows = Object.entries(metadata.params ?? {}).map(([name, value]) => [
    escapeText(name),
    value === '' ? '""' : escapeText(String(value)),
  ]);
  return limited(rows, 'more params (--json shows all)', (shown) =>
    table(style, ['param', 'value'], shown, [], [0, 1]),
  );
}

export function filesTable({ artifact }: VersionRecord, style: Style): string {
  const rows = artifact.files.map(({ path, size, digest }) => [
    escapeText(path),
    bytes(size),
    style.color.dim(digest),
  ]);
  return table(style, ['file', 'size', 'digest'], rows, [1]);
}

/** A table of the first rows, and the number of the others; empty if there are none. */
function limited(rows: string[][], more: string, draw: (rows: string[][]) => string): string {
  if (rows.length === 0) return '';
  const drawn = draw(rows.slice(0, mostRows));
  return rows.length > mostRows ? `${drawn}\n+${rows.length - mostRows} ${more}` : drawn;
}
